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
MISSING_MARKS: Final = BLANKS - {""} | {"-", "."}
"""What stands for a missing value in the target, in lower case."""
TRUTHS: Final = {"true": True, "false": False}
MOST_DIGITS: Final = 18
"""Of a whole number. Each of so many digits is an INT64."""

_COMMA_NUMBER: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+")
_GROUPS: Final = r"\d{1,3}(?P<separator>[.,'_ \u00a0\u202f])\d{3}(?:(?P=separator)\d{3})*(?:[.,]\d+)?"
_DIGITS: Final = r"\d+(?:_\d+)*(?:[.,]\d*)?(?:[eE][+-]?\d+)?|[.,]\d+"
_UNREAD_NUMBER: Final = re.compile(rf"[+-]?[$€£¥]? ?[+-]?(?:{_GROUPS}|{_DIGITS}) ?[%$€£¥]?")


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


def may_be_point_thousands(text: str) -> bool:
    """Returns whether the point of a number may separate thousands."""
    return _THOUSANDS.fullmatch(text.replace(".", ",")) is not None


def has_decimal_comma(text: str) -> bool:
    """Returns whether a text is a number whose comma is surely decimal, as in 3,5 or 1.200,5."""
    return (is_comma_number(text) and not may_be_thousands(text)) or _POINT_GROUPS.fullmatch(text) is not None


def is_unread_number(text: str) -> bool:
    """Returns whether a text is written as a number, and `parse_number` does not read it: 1,200.5, 5%, $5 or 1e40."""
    if parse_number(text) is not None:
        return False
    if text.lstrip("+-").lower() in ("inf", "infinity"):
        return True
    return _UNREAD_NUMBER.fullmatch(text) is not None


def parse_plain(cells: Sequence[str]) -> Any:
    """Returns the numbers of cells as float64, all at once; None where a cell is anything but a finite number."""
    try:
        found = np.array(list(map(float, cells)))
    except ValueError:
        return None
    with np.errstate(invalid="ignore"):
        return found if (np.abs(found) <= LARGEST).all() and "_" not in "".join(cells) else None
