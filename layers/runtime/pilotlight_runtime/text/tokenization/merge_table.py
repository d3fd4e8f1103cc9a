"""Merges that can be looked up as soon as their file is open: a hash table that the tool made.

A dict of 49,000 merges takes 8 ms to make, a look-up in this table half a microsecond. So the table serves the first
words, and `as_dict` makes the dict for long texts.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Sequence
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset

EMPTY: Final = 0xFFFFFFFF
_GOLDEN: Final = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: multiplying by it spreads keys (Knuth, volume 3, 6.4)."""
_WORD: Final = (1 << 64) - 1


class MergeTable:
    """Merges by their pairs.

    Args:
        asset: "pairs" and "results" of the merges by rank, see byte_pairs.merge_pairs; "slots": for each slot of the
            table a rank or EMPTY.
    """

    def __init__(self, asset: TokenizerAsset) -> None:
        self._pairs = asset.wide_numbers("pairs")
        self._results = asset.wide_numbers("results")
        self._slots = asset.numbers("slots")
        self._shift = slot_shift(len(self._slots))

    def get(self, pair: int, default: int, /) -> int:
        """Looks a pair up.

        Args:
            pair: Two ids, see byte_pairs.SHIFT.
            default: What is returned where they are not merged.

        Returns:
            The rank of the merge, and the id of the merged token.
        """
        slots = self._slots
        at = (pair * _GOLDEN & _WORD) >> self._shift
        while True:
            rank = slots[at]
            if rank == EMPTY:
                return default
            if self._pairs[rank] == pair:
                return self._results[rank]
            at = at + 1 if at + 1 < len(slots) else 0

    def as_dict(self) -> dict[int, int]:
        """Makes a dict of all merges."""
        return dict(zip(self._pairs, self._results, strict=True))


def slot_shift(size: int) -> int:
    """How far the product of a pair is shifted to be one of so many slots, a power of two."""
    return 64 - (size.bit_length() - 1)


def make_slots(pairs: Sequence[int]) -> list[int]:
    """Makes the slots of a table.

    Args:
        pairs: The pairs by rank; none comes twice.

    Returns:
        The slots; at least half of them are empty.
    """
    slots = [EMPTY] * max(2, 1 << (2 * len(pairs)).bit_length())
    shift = slot_shift(len(slots))
    for rank, pair in enumerate(pairs):
        at = (pair * _GOLDEN & _WORD) >> shift
        while slots[at] != EMPTY:
            at = (at + 1) % len(slots)
        slots[at] = rank
    return slots
