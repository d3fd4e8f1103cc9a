"""The numbers and truths that cells of a table stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

LARGEST: Final = float(np.finfo(np.float32).max)
"""Models take single precision, in which larger numbers are infinite."""
BLANKS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""What stands for a missing number, in lower case."""
TRUTHS: Final = {"true": True, "false": False}
MOST_DIGITS: Final = 18
"""Of a whole number. Each of so many digits is an INT64."""

_COMMA_NUMBER: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def parse_number(text: str) -> float | None:
    """Returns the finite number that a text stands for; None for any other text."""
    if "_" in text:  # Python reads 1_000 as a number
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST else None  # NaN is not


def is_comma_number(text: str) -> bool:
    """Returns whether a text is a number with a comma in place of the decimal point."""
    return _COMMA_NUMBER.fullmatch(text) is not None


def may_be_thousands(text: str) -> bool:
    """Returns whether the comma of a number may separate thousands."""
    return _THOUSANDS.fullmatch(text) is not None


def parse_plain(cells: Sequence[str]) -> Any:
    """Returns the numbers of cells as float64, all at once; None where a cell is anything but a finite number."""
    try:
        found = np.array(list(map(float, cells)))
    except ValueError:
        return None
    with np.errstate(invalid="ignore"):
        return found if (np.abs(found) <= LARGEST).all() and "_" not in "".join(cells) else None
