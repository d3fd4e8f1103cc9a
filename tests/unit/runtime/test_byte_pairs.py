"""Merging pairs of symbols: quick for short words, and not quadratic for long ones."""

import random

import pytest

from pilotlight_runtime.text.tokenization import byte_pairs
from pilotlight_runtime.text.tokenization.byte_pairs import SHIFT, merge_pairs

A, B, C, AB, ABC, AA = range(6)


def rules(*merges: tuple[int, int, int]) -> dict[int, int]:
    return {left << SHIFT | right: rank << SHIFT | result for rank, (left, right, result) in enumerate(merges)}


def random_rules(chosen: random.Random) -> dict[int, int]:
    """Merges of four symbols and of what they become."""
    merges: dict[tuple[int, int], int] = {}
    for result in range(4, 40):
        merges.setdefault((chosen.randrange(result), chosen.randrange(result)), result)
    return rules(*[(left, right, result) for (left, right), result in merges.items()])


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        ([], []),
        ([C], [C]),
        ([A, B, C], [ABC]),
        ([B, A], [B, A]),
        ([A, A, A], [AA, A]),
        ([A, A, B, C], [A, ABC]),
        ([C, A, B], [C, AB]),
    ],
)
def test_the_earliest_merge_and_the_leftmost_pair_come_first(symbols: list[int], expected: list[int]) -> None:
    assert merge_pairs(symbols, rules((A, B, AB), (AB, C, ABC), (A, A, AA))) == expected


def test_long_words_are_merged_as_short_ones() -> None:
    chosen = random.Random(3)  # noqa: S311  (the same words each time)
    for _ in range(300):
        merges = random_rules(chosen)
        symbols = chosen.choices(range(4), k=chosen.randrange(60))
        short = byte_pairs._merge_short(list(symbols), merges.get)
        assert byte_pairs._merge_long(list(symbols), merges.get) == short


class Counted(dict[int, int]):
    """Counts how often a pair is looked up."""

    looked_up = 0

    def get(self, pair: int, default: int) -> int:  # type: ignore[override]
        self.looked_up += 1
        return super().get(pair, default)


@pytest.mark.parametrize("length", [1_000, 100_000])
def test_a_long_word_takes_time_by_its_length(length: int) -> None:
    merges = Counted(rules((A, A, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5)))
    assert set(merge_pairs([A] * length, merges)) <= {*range(6)}
    assert merges.looked_up < 6 * length
