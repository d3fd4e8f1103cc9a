"""Numbers such as -12.50, read from the bytes of many cells at once.

Cells are laid one below the other, ends aligned, and each column of characters adds a digit to all numbers:

    1 2 . 5      0 * 10 + 1 = 1, * 10 + 2 = 12, the point adds nothing, * 10 + 5 = 125; one digit behind the point
      - 7.       7; no digit behind the point

The digits as a whole number and the power of ten are exact as float64, so their quotient is the nearest float64, as
float() finds it. Cells of any other form are left to float().
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

MOST_CHARACTERS: Final = 18
"""Of a number without its sign. Each of so many digits is an int64."""
_EXACT: Final = 2**53
"""Smaller whole numbers are exact as float64."""
_POWERS: Final = 10.0 ** np.arange(MOST_CHARACTERS + 1)
_WHOLE_POWERS: Final = 10 ** np.arange(MOST_CHARACTERS + 1, dtype=np.int64)
_SPACE, _PLUS, _MINUS, _POINT, _ZERO = b" +-.0"
_MOST_SPACES: Final = 16
"""On each side of a number."""


class FixedNumbers(NamedTuple):
    """The numbers of n cells.

    Attributes:
        values: float64 of shape (n,); undefined where `known` is false.
        known: bool of shape (n,): whether a cell has the form of a number that is read here.
        points: bool of shape (n,): whether a known number has a point.
        zeros: bool of shape (n,): whether a known number without a point has a leading zero, as 007.
    """

    values: Any
    known: Any
    points: Any
    zeros: Any


def read_numbers(characters: Any, starts: Any, ends: Any) -> FixedNumbers:
    """Reads the numbers of cells.

    Args:
        characters: uint8; MOST_CHARACTERS of them lie before the first cell, and one behind the last.
        starts: The position of the first character of each cell; int64 of shape (n,).
        ends: The position behind the last one.
    """
    starts, ends = _strip(characters, starts, ends)
    first = characters[starts]
    negative = (first == _MINUS) & (starts < ends)
    starts = starts + (negative | ((first == _PLUS) & (starts < ends)))
    lengths = ends - starts
    found = _add_digits(characters, ends, lengths)
    known = (found.count > 0) & (found.count + found.points == lengths) & (found.points < 2) & (found.whole < _EXACT)
    values = found.whole / _POWERS[found.behind]
    points = known & (found.points == 1)
    zeros = known & ~points & (found.count > 1) & (characters[starts] == _ZERO)
    return FixedNumbers(np.where(negative, -values, values), known, points, zeros)


def _strip(characters: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
    """Return the bounds of cells without the spaces around them."""
    for _ in range(_MOST_SPACES):
        spaces = characters[starts] == _SPACE
        if not spaces.any():
            break
        starts = starts + (spaces & (starts < ends))
    for _ in range(_MOST_SPACES):
        spaces = characters[ends - 1] == _SPACE
        if not spaces.any():
            break
        ends = ends - (spaces & (starts < ends))
    return starts, ends


class _Digits(NamedTuple):
    """The digits of n cells: as a whole number, their count, the count of points, and that of digits behind one."""

    whole: Any
    count: Any
    points: Any
    behind: Any


def _add_digits(characters: Any, ends: Any, lengths: Any) -> _Digits:
    """Return the digits of cells; of longer ones than MOST_CHARACTERS, those of their last characters."""
    whole = np.zeros(len(ends), np.int64)
    count, points, behind = (np.zeros(len(ends), np.uint8) for _ in range(3))
    for place in range(min(int(lengths.max(initial=0)), MOST_CHARACTERS), 0, -1):
        inside = lengths >= place
        character = characters[ends - place]
        digit = character - np.uint8(_ZERO)  # of other characters larger than 9, since uint8 has no negative numbers
        is_digit = inside & (digit < 10)
        is_point = inside & (character == _POINT)
        whole *= 10  # the point is a digit 0 at first
        whole += digit * is_digit
        count += is_digit
        points += is_point
        behind += is_point * np.uint8(place - 1)
    behind *= points == 1  # else the sum of several
    right = whole % _WHOLE_POWERS[behind]
    return _Digits(np.where(points == 1, (whole - right) // 10 + right, whole), count, points, behind)
