"""What a million tokens cost on Lambda at each memory size, from measured speeds and the price list.

    dollars = 1,000,000 / tokens a second x GB-second x memory / 1,024

Speeds are measured with 1 and with 2 threads, which are the vCPUs of 1,769 and of 3,538 MB. Below and between, they are
in proportion to the vCPUs; above the most threads that were measured nothing is assumed to be faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pilotlight.bench.prices import MEMORY_PER_VCPU_MB, Prices

SIZES_MB: Final = (1024, 1769, 3008, 3538, 5307, 10240)


class TokenCost(NamedTuple):
    """Dollars for a million tokens at one memory size.

    Attributes:
        memory_mb: The function's memory.
        decode_speed: Tokens a second that are written.
        prompt: Dollars for a million tokens of prompts.
        answer: Dollars for a million tokens of answers.
        measured: Whether the speed was measured with these vCPUs, and not scaled.
    """

    memory_mb: int
    decode_speed: float
    prompt: float
    answer: float
    measured: bool


def token_costs(
    prompt: Mapping[int, float],
    answer: Mapping[int, float],
    prices: Prices,
    least_mb: float = 0,
    sizes: Sequence[int] = SIZES_MB,
) -> list[TokenCost]:
    """Computes the costs at each memory size that the function fits into.

    Args:
        prompt: Tokens of a prompt a second, by the number of threads.
        answer: Tokens of an answer a second, by the number of threads.
        prices: US dollars.
        least_mb: The memory that the function needs.
        sizes: Memory sizes, in MB.
    """
    found = []
    for memory in sizes:
        if memory < least_mb:
            continue
        vcpus = memory / MEMORY_PER_VCPU_MB
        second = prices.gb_second * memory / 1024
        written = _speed(answer, vcpus)
        found.append(
            TokenCost(memory, written, 1e6 / _speed(prompt, vcpus) * second, 1e6 / written * second, vcpus in answer)
        )
    return found


def _speed(measured: Mapping[int, float], vcpus: float) -> float:
    """The speed with so many vCPUs: in proportion below the fewest, between two, and the last above the most."""
    below = max((count for count in measured if count <= vcpus), default=0)
    above = min((count for count in measured if count > vcpus), default=0)
    if not above:
        return measured[below]
    low = measured[below] if below else 0.0
    return low + (measured[above] - low) * (vcpus - below) / (above - below)
