"""Columns of numbers, and of true and false."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.training.data.cell_numbers import BLANKS, MOST_DIGITS, TRUTHS, parse_number
from pilotlight.training.data.cells import Cells
from pilotlight.training.data.column_parser import ColumnParser, parse_each
from pilotlight.training.data.decimal_marks import read_comma_numbers

_EXACT: Final = 2.0**53
"""Smaller whole numbers are exact as float64."""


class NumberParser(ColumnParser):
    """Finite numbers as float64.

    Args:
        name: The column.
        where: The file, for messages.
        blanks: Whether a number may be missing; it is NaN then.
        commas: Whether a number may have a decimal comma.
        hint: What to do about a cell that is no number.
    """

    def __init__(self, name: str, where: str, *, blanks: bool, commas: bool, hint: str = "") -> None:
        super().__init__(name, where)
        self._blanks = blanks
        self._commas = commas
        self._hint = hint or "Correct the cell or remove the line."

    def _parse(self, cells: Cells) -> Array:
        if self._commas:
            self.marks.add_points(cells)
        if cells.plain is not None:
            plain: Array = cells.plain
            return plain
        found: Array = cells.fixed.values.copy()
        found[~cells.fixed.known] = self._parse_others(cells.others)
        return found

    def _parse_others(self, cells: Cells) -> Array:
        """Return the values of cells that are mostly no plain numbers."""
        if not self._commas:
            return parse_each(cells, self._parse_one, np.float64)
        numbers = read_comma_numbers(cells)
        self.marks.add_commas(numbers, cells)
        found: Array = numbers.values
        found[~numbers.known] = parse_each(cells.take(~numbers.known), self._parse_one, np.float64)
        return found

    def _parse_one(self, text: str, line: int) -> float:
        number = parse_number(text)
        if number is None and self._commas:
            number = self.marks.parse_comma_number(text, line)
        if number is not None:
            return number
        if self._blanks and text.lower() in BLANKS:
            return math.nan
        raise self.refuse(text, line, "not a finite number", self._hint)


class WholeParser(ColumnParser):
    """Whole numbers as int64.

    Args:
        name: The column.
        where: The file, for messages.
        commas: Whether numbers of the file may have a decimal comma.
    """

    def __init__(self, name: str, where: str, *, commas: bool) -> None:
        super().__init__(name, where)
        self._commas = commas

    def _parse(self, cells: Cells) -> Array:
        if self._commas:
            self.marks.add_points(cells)
        found = cells.plain
        if found is not None and (found == np.floor(found)).all() and (np.abs(found) < _EXACT).all():
            whole: Array = found.astype(np.int64)
            return whole
        return parse_each(cells, self._parse_one, np.int64)

    def _parse_one(self, text: str, line: int) -> int:
        if text.lstrip("+-").isdecimal() and len(text) <= MOST_DIGITS + 1:
            return int(text)
        number = parse_number(text)
        if number is None or not number.is_integer() or abs(number) >= _EXACT:
            raise self.refuse(text, line, "not a whole number of INT64", "Correct the cell, or declare FP32.")
        return int(number)


class TruthParser(ColumnParser):
    """true and false as bool."""

    def _parse(self, cells: Cells) -> Array:
        return parse_each(cells, self._parse_one, np.bool_)

    def _parse_one(self, text: str, line: int) -> bool:
        found = TRUTHS.get(text.lower(), {"1": True, "0": False}.get(text))
        if found is None:
            raise self.refuse(text, line, "neither true nor false", "Correct the cell, or declare BYTES.")
        return found
