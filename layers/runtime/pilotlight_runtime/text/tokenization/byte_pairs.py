"""Byte-pair encoding: the pair with the earliest merge becomes one token, again and again.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016. The ids are those of
Hugging Face's `tokenizers`: among pairs of the same merge, the leftmost comes first.
"""

from __future__ import annotations

from itertools import pairwise

from pilotlight_runtime.light_typing import Callable, Final, Protocol

SHIFT: Final = 24
"""Bits of an id. A pair of ids is one number: the left one times 2**24, plus the right one."""

_MASK: Final = (1 << SHIFT) - 1
_SHORT: Final = 48
"""Symbols up to which all pairs are looked at again after each merge: quicker than a heap, but quadratic."""
_NONE: Final = 1 << 62
_PLACE: Final = (1 << 32) - 1


class Merges(Protocol):
    """Where a pair is looked up."""

    def get(self, pair: int, default: int, /) -> int:
        """What a pair becomes, or the default."""


def merge_pairs(symbols: list[int], merges: Merges) -> list[int]:
    """Merges pairs of symbols until no merge is left.

    Args:
        symbols: Ids; the list is consumed.
        merges: By a pair of ids, see SHIFT: the rank of the merge times 2**24, plus the id of the merged token. It is a
            dict or a MergeTable.

    Returns:
        The ids that are left.
    """
    if len(symbols) <= _SHORT:
        return _merge_short(symbols, merges.get)
    return _merge_long(symbols, merges.get)


def _merge_short(symbols: list[int], merge: Callable[[int, int], int]) -> list[int]:
    found = [merge(left << SHIFT | right, _NONE) for left, right in pairwise(symbols)]
    while found:
        best = min(found)
        if best == _NONE:
            break
        at = found.index(best)
        symbols[at : at + 2] = [best & _MASK]
        del found[at]
        if at:
            found[at - 1] = merge(symbols[at - 1] << SHIFT | symbols[at], _NONE)
        if at < len(found):
            found[at] = merge(symbols[at] << SHIFT | symbols[at + 1], _NONE)
    return symbols


def _merge_long(symbols: list[int], merge: Callable[[int, int], int]) -> list[int]:
    """The same with a heap and links between neighbours: n log n.

    An entry of the heap is what a pair becomes, times 2**32, plus the pair's place.
    """
    from heapq import heapify, heappop, heappush

    end = len(symbols)
    before = list(range(-1, end - 1))
    behind = list(range(1, end + 1))
    found = [merge(left << SHIFT | right, _NONE) for left, right in pairwise(symbols)]
    found.append(_NONE)
    waiting = [result << 32 | at for at, result in enumerate(found) if result != _NONE]
    heapify(waiting)
    while waiting:
        entry = heappop(waiting)
        at, result = entry & _PLACE, entry >> 32
        # A pair that another merge has changed, or whose left symbol is gone, becomes something else now.
        if found[at] != result:
            continue
        right = behind[at]
        symbols[at] = result & _MASK
        found[right] = _NONE
        behind[at] = behind[right]
        symbols[right] = -1
        right, left = behind[at], before[at]
        if right < end:
            before[right] = at
            found[at] = merge(symbols[at] << SHIFT | symbols[right], _NONE)
            if found[at] != _NONE:
                heappush(waiting, found[at] << 32 | at)
        else:
            found[at] = _NONE
        if left >= 0:
            found[left] = merge(symbols[left] << SHIFT | symbols[at], _NONE)
            if found[left] != _NONE:
                heappush(waiting, found[left] << 32 | left)
    return [symbol for symbol in symbols if symbol >= 0]
