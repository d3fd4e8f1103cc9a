"""Numbers such as -12.50, read from the bytes of many cells at once.

Cells are laid one below the other, ends aligned, and each column of characters adds a digit to all numbers:

    1 2 . 5      0 * 10 + 1 = 1, * 10 + 2 = 12, the point adds nothing, * 10 + 5 = 125; one digit behind the point
      - 7.       7; no digit behind the point

The number is the quotient of these digits and a power of ten, rounded as float() rounds it (see `divide_digits`). Cells
of any other form are left to float().
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.training.data.exact_quotients import divide_digits

MOST_CHARACTERS: Final = 20
"""Of a number without its sign."""
_MOST_DIGITS: Final = 19
"""Each number of so many digits is a uint64."""
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
        thousands: bool of shape (n,): whether the point of a known number may separate thousands, as in 1.200.
        behind: uint8 of shape (n,): the digits behind the point.
    """

    values: Any
    known: Any
    points: Any
    zeros: Any
    thousands: Any
    behind: Any


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
    known = (found.count > 0) & (found.count + found.points == lengths) & (found.points < 2)
    known &= found.count <= _MOST_DIGITS - (found.points == 0)  # a longer whole number may be a code
    values, sure = divide_digits(found.whole, found.behind)
    known &= sure
    points = known & (found.points == 1)
    leads = characters[starts] == _ZERO
    ahead = found.count - found.behind
    thousands = points & ~leads & (found.behind == 3) & (ahead > 0) & (ahead < 4)
    zeros = known & ~points & (found.count > 1) & leads
    return FixedNumbers(np.where(negative, -values, values), known, points, zeros, thousands, found.behind)


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
    whole = np.zeros(len(ends), np.uint64)
    count, points, behind = (np.zeros(len(ends), np.uint8) for _ in range(3))
    for place in range(min(int(lengths.max(initial=0)), MOST_CHARACTERS), 0, -1):
        inside = lengths >= place
        character = characters[ends - place]
        digit = character - np.uint8(_ZERO)  # of other characters larger than 9, since uint8 has no negative numbers
        is_digit = inside & (digit < 10)
        is_point = inside & (character == _POINT)
        whole *= np.where(is_point, np.uint64(1), np.uint64(10))
        whole += digit * is_digit
        count += is_digit
        points += is_point
        behind += is_point * np.uint8(place - 1)
    behind *= points == 1  # else the sum of several
    return _Digits(whole, count, points, behind)
