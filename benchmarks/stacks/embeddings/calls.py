"""What both sides of benchmarks/embeddings.py do with their function: the first vector, then many."""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = (
    "How do I reset the password of my account?",
    "The train to the coast leaves at seven and arrives before noon, and the one behind it is always late in winter.",
)
"""The first one comes first in a process. Both are measured afterwards."""


def report(embed: "Callable[[str], bytes]", rounds: int) -> None:
    """Prints the first numbers of the first vector with the CPU time so far, and then the seconds of each vector."""
    first = embed(TEXTS[0])
    print(first[:16].hex(), time.process_time(), flush=True)
    seconds: list[list[float]] = [[] for _ in TEXTS]
    for _ in range(rounds):
        for text, found in zip(TEXTS, seconds, strict=True):
            began = time.perf_counter()
            embed(text)
            found.append(time.perf_counter() - began)
    sys.stdout.write(f"{seconds!r}\n")
