"""Finds the different ones among many short texts at once, by the bytes that hold them.

Eight bytes are one number, and a text of 32 bytes is four of them. A hash of these tells texts apart; where two texts
have the same hash, or one is longer, they are looked up one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

_WORD: Final = 8
"""Bytes of a number."""
MOST_BYTES: Final = 4 * _WORD
"""Of a text."""
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
"""Odd, with bits all over: the golden ratio, as in Knuth's multiplicative hashing."""


class Distinct(NamedTuple):
    """The different ones of n texts.

    Attributes:
        first: The position of the first text of each kind, ascending.
        kinds: The kind of each text: a position in `first`; int64 of shape (n,).
    """

    first: Any
    kinds: Any


def find_distinct(content: bytes, starts: Any, ends: Any) -> Distinct | None:
    """Finds the different texts.

    Args:
        content: The bytes that hold the texts; MOST_BYTES of them lie before the first text.
        starts: The position of the first byte of each text; int64 of shape (n,), n > 0.
        ends: The position behind the last one.

    Returns:
        The different texts; None where they are to be looked up one at a time.
    """
    sizes = ends - starts
    longest = int(sizes.max())
    if longest > MOST_BYTES:
        return None
    # The number that ends at each position. Little-endian, so a shift to the right drops the bytes before a text.
    numbers = np.ndarray((len(content) - _WORD + 1,), "<u8", content, strides=(1,))
    words, mixed = [], sizes.astype(np.uint64)
    for place in range(0, longest, _WORD):
        held = np.clip(sizes - place, 0, _WORD)
        shift = (8 * (_WORD - np.maximum(held, 1))).astype(np.uint64)
        word = np.where(held > 0, numbers[ends - place - _WORD] >> shift, np.uint64(0))
        words.append(word)
        mixed = (mixed ^ word) * _FACTOR
        mixed ^= mixed >> np.uint64(32)
    _, first, kinds = np.unique(mixed, return_index=True, return_inverse=True)
    if any((word != word[first][kinds]).any() for word in (sizes, *words)):
        return None
    order = np.argsort(first)
    ranks = np.empty(len(first), np.int64)
    ranks[order] = np.arange(len(first))
    return Distinct(first[order], ranks[kinds])


def look_up_distinct(texts: Sequence[bytes]) -> Distinct:
    """Finds the different texts, looked up one at a time."""
    known: dict[bytes, int] = {}
    kinds = np.fromiter((known.setdefault(text, len(known)) for text in texts), np.int64, len(texts))
    _, first = np.unique(kinds, return_index=True)
    return Distinct(first, kinds)
