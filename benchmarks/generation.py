"""What generating text costs: `python -m benchmarks.generation FOLDER [--rounds 5]`.

FOLDER is a version of a language model that writes text, as the store or a packaged function has it. All runs have one
thread. Times are CPU time, so that what else the machine does counts little. It measures:

- opening the decoder, and the digest of its weights, which a function puts off until it has answered;
- tokens a second, drawn with top-p, at the beginning and behind 500 tokens;
- what a token costs beside the run of the decoder, in microseconds;
- a second turn behind 500 tokens of history: the time to the first token with the kept prefix, over that without it;
- runs over several tokens, in multiples of a run over one: what speculation could gain.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pilotlight_runtime.digest import file_sha256
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.generation.deadline import Deadline
from pilotlight_runtime.language.generation.generator import TextGenerator
from pilotlight_runtime.language.generation.prompt import read_prompt
from pilotlight_runtime.language.generation.shared_cache import SharedCache
from pilotlight_runtime.language.types import GenerationRequest, Sampling
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

HISTORY: Final = 500
WRITTEN: Final = 64
DRAWN: Final = Sampling(temperature=0.8, top_p=0.9, seed=1)
TEXT: Final = "Explain in detail how the tides of the sea come about, and name the forces that are at work. "


def cpu_ms(work: Callable[[], object]) -> float:
    """Milliseconds of CPU time that `work` takes."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def resident_mib() -> float:
    """The memory of this process that is in RAM and no file's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def measure_opening(folder: Path, rounds: int) -> None:
    """Prints what opening the decoder takes."""
    graph, weights = folder / "decoder" / "model.onnx", folder / "decoder" / "weights.bin"
    before = resident_mib()
    opened = [cpu_ms(lambda: open_session(graph, 1)) for _ in range(rounds)]
    session = open_session(graph, 1)
    digest = [cpu_ms(lambda: file_sha256(weights, weights.stat().st_size)) for _ in range(rounds)]
    read = [cpu_ms(lambda: _read(weights)) for _ in range(rounds)]
    print(f"weights                       {weights.stat().st_size / 1e6:8.0f} MB")
    print(f"open the decoder              {min(opened):8.0f} ms, {resident_mib() - before:.0f} MiB of memory")
    print(f"digest of its weights         {min(digest):8.0f} ms")
    print(f"read them from the page cache {min(read):8.0f} ms")
    del session


def _read(path: Path) -> None:
    part = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(part):
            pass


class TimedSession:
    """A decoder that adds up the CPU time of its runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.signature = session.signature
        self.run, self.close = session.run, session.close
        self.took = 0.0

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Callable[[], None]:
        """See Session.bind."""
        bound = self._session.bind(inputs, outputs)

        def run() -> None:
            began = time.process_time()
            bound()
            self.took += time.process_time() - began

        return run


def measure_speed(
    generator: TextGenerator, decoder: TimedSession, prompt: Sequence[int], rounds: int
) -> tuple[float, float]:
    """Milliseconds of CPU time a token behind `prompt`, and how many of them are not the decoder's: the best round."""
    found = []
    for _ in range(rounds):
        parts = generator.generate(GenerationRequest(list(prompt), DRAWN, WRITTEN))
        next(parts)
        decoder.took, began = 0.0, time.process_time()
        written = max(sum(part.tokens for part in parts), 1)
        took = time.process_time() - began
        found.append((took * 1000 / written, (took - decoder.took) * 1000 / written))
    return min(found)


def measure_runs(cache: SharedCache, count: int, rounds: int) -> list[float]:
    """Milliseconds of CPU time of a run over `count` tokens, at each place where WRITTEN tokens are written."""
    length, found = len(cache.tokens), []
    for _ in range(rounds):
        took = [cpu_ms(lambda: cache.extend([11] * count)) for _ in range(WRITTEN // count)]
        cache.keep(length)
        found.append(statistics.median(took))
    return found


def first_token_ms(generator: TextGenerator, prompt: list[int], caller: bytes) -> float:
    """Milliseconds of CPU time until the first part of an answer."""
    parts = generator.generate(GenerationRequest(prompt, DRAWN, 4, caller=caller))
    took = cpu_ms(lambda: next(parts))
    for _ in parts:
        pass
    return took


def measure_second_turn(generator: TextGenerator, history: list[int], rounds: int) -> tuple[float, float]:
    """The first token behind history and a new question: with the history in the cache, and without."""
    turn = [*history, *generator.tokenizer.encode("And how high do they become in a narrow bay?")]
    kept, fresh = [], []
    for _ in range(rounds):
        first_token_ms(generator, history, b"caller")
        kept.append(first_token_ms(generator, turn, b"caller"))
        fresh.append(first_token_ms(generator, turn, b""))
    return statistics.median(kept), statistics.median(fresh)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measure what generating text costs.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    measure_opening(given.folder, given.rounds)
    model = load_model(given.folder, open_session, 1)
    decoder = TimedSession(model.sessions["decoder"])
    generator = TextGenerator(model._replace(sessions={**model.sessions, "decoder": decoder}))
    history = (generator.tokenizer.encode(TEXT) * 40)[:HISTORY]
    for length in (len(generator.tokenizer.encode(TEXT)), HISTORY):
        token, beside = measure_speed(generator, decoder, history[:length], given.rounds)
        print(
            f"decode behind {length:4} tokens     {1000 / token:8.1f} tokens/s: {token:.2f} ms each,"
            f" {beside * 1000:.0f} us beside the decoder"
        )
    cache = SharedCache(model.sessions["decoder"], generator.context, generator.settings.vocabulary)
    read_prompt(cache, history, b"", Deadline(None))
    one = min(measure_runs(cache, 1, given.rounds))
    several = {count: min(measure_runs(cache, count, given.rounds)) / one for count in (2, 3, 4, 6, 8)}
    print("a run over several tokens     " + ", ".join(f"{count}: {times:.2f}" for count, times in several.items()))
    kept, fresh = measure_second_turn(generator, history, given.rounds)
    ratio = kept / fresh
    print(f"second turn behind {HISTORY}        {kept:8.0f} ms, {fresh:.0f} ms without the kept prefix: {ratio:.2f}")


if __name__ == "__main__":
    main()
