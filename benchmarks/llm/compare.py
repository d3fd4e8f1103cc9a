"""Every contender once a round, for each number of threads, so that what else the machine does falls on all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.llm.contenders import Contender, Round
from pilotlight.core.errors import UserError

Rounds = dict[tuple[str, int], list[Round]]
"""By contender and number of threads."""


class Failure(NamedTuple):
    """What could not be measured, and why."""

    name: str
    why: str


def compare(
    contenders: Sequence[Contender], threads: Sequence[int], rounds: int, say: Callable[[str], None]
) -> tuple[Rounds, list[Failure]]:
    """Measures, after one round that fills the page cache and does not count.

    A contender that fails twice is left out; one that fails once has a round less.
    """
    found: Rounds = {(each.name, count): [] for count in threads for each in contenders}
    failures: list[Failure] = []
    for number in range(rounds + 1):
        for count in threads if number else threads[:1]:
            for each in contenders:
                if [failure.name for failure in failures].count(each.name) > 1:
                    continue
                try:
                    measured = each.measure(count)
                except (UserError, RuntimeError, OSError) as error:
                    failures.append(Failure(each.name, str(error)))
                    say(f"round {number}/{rounds} {each.name}, {count} threads: {error}")
                    continue
                say(
                    f"round {number}/{rounds} {each.name}, {count} threads: first token {measured.first_ms:.0f} ms, "
                    f"{measured.speed:.0f} tokens/s"
                )
                if number:
                    found[each.name, count].append(measured)
    return {key: done for key, done in found.items() if done}, failures


def middle(rounds: Sequence[Round]) -> Round:
    """The medians of the rounds, and the text of the last."""
    numbers = (median(column) for column in zip(*((r.first_ms, r.speed, r.own_ms) for r in rounds), strict=True))
    first_ms, speed, own_ms = numbers
    return Round(first_ms, speed, max(each.rss for each in rounds), rounds[-1].text, own_ms)
