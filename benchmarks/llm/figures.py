"""What must be reached, as ratios of medians of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from benchmarks.llm.contenders import Round
from benchmarks.llm.turns import MOST, Turns

OURS: Final = "pilotlight"


class Target(NamedTuple):
    """A ratio of Pilotlight's median to a peer's.

    Attributes:
        figure: What is compared.
        peer: With whom.
        field: Of a round: Pilotlight's, then the peer's.
        bound: What the ratio must reach.
        least: Whether it must be at least the bound, else at most.
    """

    figure: str
    peer: str
    field: tuple[str, str]
    bound: float
    least: bool = False


TARGETS: Final = (
    Target("cold start to the first token", "genai", ("first_ms", "first_ms"), 0.6),
    Target(
        "cold start to the first token / llama.cpp's own load and first token", "llama", ("first_ms", "own_ms"), 0.5
    ),
    Target("decoding", "genai", ("speed", "speed"), 0.95, least=True),
    Target("decoding", "llama", ("speed", "speed"), 1.0, least=True),
)


class Ratio(NamedTuple):
    """A target, and what was found with so many threads."""

    figure: str
    peer: str
    threads: int
    ratio: float
    bound: float
    least: bool

    @property
    def reached(self) -> bool:
        """Whether the ratio is on the right side of the bound."""
        return self.ratio >= self.bound if self.least else self.ratio <= self.bound


def compute_ratios(medians: Mapping[tuple[str, int], Round], turns: Mapping[int, Turns]) -> list[Ratio]:
    """The ratios of all pairs that were measured, and of the second turns by the number of threads."""
    title = "first token of the second turn, with 500 tokens of history / without the kept prefix"
    found = [Ratio(title, OURS, threads, each.ratio, MOST, least=False) for threads, each in turns.items()]
    for target in TARGETS:
        for (name, threads), peer in medians.items():
            ours = medians.get((OURS, threads))
            if name == target.peer and ours is not None:
                ratio = getattr(ours, target.field[0]) / getattr(peer, target.field[1])
                found.append(Ratio(target.figure, name, threads, ratio, target.bound, target.least))
    return found
