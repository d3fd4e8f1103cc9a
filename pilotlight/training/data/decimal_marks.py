"""Whether commas and points of the numbers of a file separate decimals or thousands.

A decimal comma is understood where it cannot be anything else: where cells are not separated by commas, and some number
of the file does not have three digits behind it, as a thousands separator would.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of
from pilotlight.training.data.cell_numbers import (
    has_decimal_comma,
    is_comma_number,
    may_be_point_thousands,
    may_be_thousands,
    parse_number,
)
from pilotlight.training.data.cells import Cells


class CommaNumbers(NamedTuple):
    """The numbers with a comma among n cells that can be read all at once.

    Attributes:
        values: float64 of shape (n,); undefined where `known` is false.
        known: bool of shape (n,): whether a cell is such a number.
        doubtful: bool of shape (n,): whether its comma may separate thousands.
    """

    values: Any
    known: Any
    doubtful: Any


def read_comma_numbers(cells: Cells) -> CommaNumbers:
    """Reads the numbers with a comma among cells without other numbers."""
    found = cells.with_points().fixed
    known = found.points & (found.behind > 0)
    return CommaNumbers(found.values, known, known & found.thousands)


class DecimalMarks:
    """What the numbers of one column tell.

    Args:
        name: The column.
        where: The file, for messages.

    Attributes:
        name: The column.
        thousands: The place of a number whose comma may separate thousands; "" without one.
        decimal_comma: Whether some number has a comma that is surely decimal.
        comma_word: Whether some word is a number with a comma that is surely decimal.
        doubtful_point: The place and the text of a number whose point may separate thousands; None without one, or
            where another number has a point that is surely decimal.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.thousands = ""
        self.decimal_comma = False
        self.comma_word = False
        self.doubtful_point: tuple[str, str] | None = None
        self._where = where
        self._sure_point = False

    def add_points(self, cells: Cells) -> None:
        """Looks whether the points of numbers are surely decimal."""
        if self._sure_point or not cells.has_point:
            return
        for text, line in zip(cells.texts, cells.lines, strict=True):
            if "." not in text:
                continue
            if parse_number(text) is not None and not may_be_point_thousands(text.strip()):
                self._sure_point, self.doubtful_point = True, None
                return
            if self.doubtful_point is None and parse_number(text) is not None:
                self.doubtful_point = (f"{self._where}:{line}", text.strip())

    def add_commas(self, numbers: CommaNumbers, cells: Cells) -> None:
        """Looks at numbers with a comma."""
        if numbers.doubtful.any():
            self.thousands = self.thousands or f"{self._where}:{cells.lines[np.argmax(numbers.doubtful)]}"
        self.decimal_comma = self.decimal_comma or bool((numbers.known & ~numbers.doubtful).any())

    def parse_comma_number(self, text: str, line: int) -> float | None:
        """Returns the number that a text with a comma stands for; None for any other text."""
        if not is_comma_number(text):
            return None
        if may_be_thousands(text):
            self.thousands = self.thousands or f"{self._where}:{line}"
        else:
            self.decimal_comma = True
        return parse_number(text.replace(",", "."))

    def add_words(self, words: Iterable[str]) -> None:
        """Looks at words that may be numbers with a comma."""
        self.comma_word = self.comma_word or any(map(has_decimal_comma, words))


def check_marks(columns: Iterable[DecimalMarks]) -> None:
    """Checks that the numbers of a file tell what commas and points separate.

    Args:
        columns: What each column tells.

    Raises:
        DataError: Commas or points may separate thousands, and no number of the file tells.
    """
    columns = list(columns)
    comma = any(marks.decimal_comma for marks in columns)
    comma_word = any(marks.comma_word for marks in columns)
    for marks in columns:
        if marks.doubtful_point is not None and (comma or comma_word):
            place, text = marks.doubtful_point
            what = f"column {name_of(marks.name)!r} holds {text!r}, whose point may separate decimals or thousands"
            hint = "Numbers of this file have decimal commas: write 1200 or 1,2 for a number such as 1.200."
            raise DataError(place, what, hint)
    doubtful = [marks for marks in columns if marks.thousands]
    if doubtful and not comma:
        what = f"column {doubtful[0].name!r} holds a number with a comma that may separate decimals or thousands"
        raise DataError(doubtful[0].thousands, what, "Write a decimal point, or no separator between thousands.")
