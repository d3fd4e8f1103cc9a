"""The cells of one column of a table become an array of one datatype, a part at a time.

A decimal comma is understood where it cannot be anything else: where cells are not separated by commas, and some number
of the file does not have three digits behind it, as a thousands separator would.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of, shorten
from pilotlight.training.data.cell_numbers import (
    BLANKS,
    MOST_DIGITS,
    TRUTHS,
    has_decimal_comma,
    is_comma_number,
    may_be_point_thousands,
    may_be_thousands,
    parse_number,
    parse_plain,
)

MOST_TARGET: Final = 200
"""The most characters in the name of a class. An array of texts is as wide as its longest."""
_EXACT: Final = 2.0**53
"""Smaller whole numbers are exact as float64."""


class Cells(NamedTuple):
    """Some cells of one column.

    Attributes:
        texts: The cells as they are written.
        lines: The line of each in the file.
    """

    texts: Sequence[str]
    lines: Sequence[int]


class ColumnParser:
    """Collects the values of one column.

    Args:
        name: The column.
        where: The file, for messages.

    Attributes:
        size: The bytes in memory of what was collected.
        thousands: The place of a number whose comma may separate thousands; "" without one.
        decimal_comma: Whether some number has a comma that is surely decimal.
        comma_word: Whether some word is a number with a comma that is surely decimal.
        doubtful_point: The place and the text of a number whose point may separate thousands; None without one, or
            where another number has a point that is surely decimal.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.where = where
        self.size = 0
        self.thousands = ""
        self.decimal_comma = False
        self.comma_word = False
        self.doubtful_point: tuple[str, str] | None = None
        self._sure_point = False
        self._parts: list[Array] = []

    def add(self, cells: Cells) -> None:
        """Parses some cells.

        Raises:
            DataError: A cell does not fit the datatype; the message names its line.
        """
        part = self._parse(cells)
        self.size += part.nbytes
        self._parts.append(part)

    def finish(self) -> Array:
        """Returns all values as one array of shape (n,)."""
        parts, self._parts = self._parts, []
        return np.concatenate(parts)

    def refuse(self, text: str, line: int, what: str, hint: str) -> DataError:
        """Returns the error for a cell."""
        held = f"holds {shorten(text, 40)!r}, which is {what}" if text else "is empty"
        hint = hint if text else "Fill the cell or remove the line."
        return DataError(f"{self.where}:{line}", f"column {name_of(self.name)!r} {held}", hint)

    def _look_at_points(self, cells: Cells) -> None:
        """Look whether the points of numbers are surely decimal."""
        if self._sure_point:
            return
        for text, line in zip(*cells, strict=True):
            if "." not in text:
                continue
            if parse_number(text) is not None and not may_be_point_thousands(text.strip()):
                self._sure_point, self.doubtful_point = True, None
                return
            if self.doubtful_point is None and parse_number(text) is not None:
                self.doubtful_point = (f"{self.where}:{line}", text.strip())

    def _parse(self, cells: Cells) -> Array:
        raise NotImplementedError


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
        found = parse_plain(cells.texts)
        if self._commas:
            self._look_at_points(cells)
        return np.array(_parse_each(cells, self._parse_one)) if found is None else found

    def _parse_one(self, text: str, line: int) -> float:
        number = parse_number(text)
        if number is None and self._commas and is_comma_number(text):
            if may_be_thousands(text):
                self.thousands = self.thousands or f"{self.where}:{line}"
            else:
                self.decimal_comma = True
            number = parse_number(text.replace(",", "."))
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
            self._look_at_points(cells)
        found = parse_plain(cells.texts)
        if found is not None and (found == np.floor(found)).all() and (np.abs(found) < _EXACT).all():
            whole: Array = found.astype(np.int64)
            return whole
        return np.array(_parse_each(cells, self._parse_one), np.int64)

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
        return np.array(_parse_each(cells, self._parse_one), np.bool_)

    def _parse_one(self, text: str, line: int) -> bool:
        found = TRUTHS.get(text.lower(), {"1": True, "0": False}.get(text))
        if found is None:
            raise self.refuse(text, line, "neither true nor false", "Correct the cell, or declare BYTES.")
        return found


class WordParser(ColumnParser):
    """Words as objects of str, without the spaces around them. Equal words are one object. A blank one is ""."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(name, where)
        self._known: dict[str, str] = {}

    def _parse(self, cells: Cells) -> Array:
        found = np.empty(len(cells.texts), dtype=object)
        known, before = self._known, len(self._known)
        found[:] = [known.setdefault(word, word) for word in map(str.strip, cells.texts)]
        self.size += sum(map(sys.getsizeof, islice(known, before, None)))
        self.comma_word = self.comma_word or any(map(has_decimal_comma, islice(known, before, None)))
        return found


class TargetParser(WordParser):
    """The target as words, none of them blank or long. Numbers get a decimal point.

    Args:
        name: The column.
        where: The file, for messages.
        commas: Whether a number may have a decimal comma.
    """

    def __init__(self, name: str, where: str, *, commas: bool) -> None:
        super().__init__(name, where)
        self._commas = commas

    def finish(self) -> Array:
        """Returns all texts; with a decimal point where all are numbers."""
        texts = super().finish()
        values = texts.tolist()
        with_comma = [text for text in values if is_comma_number(text)] if self._commas else []
        numbers = all(is_comma_number(text) or parse_number(text) is not None for text in values)
        if not numbers:
            self.doubtful_point = None
        if not with_comma or not numbers:
            return texts
        doubtful = [text for text in with_comma if may_be_thousands(text)]
        self.thousands = self.where if doubtful else ""
        self.decimal_comma = len(doubtful) < len(with_comma)
        texts[:] = [text.replace(",", ".") for text in values]
        return texts

    def _parse(self, cells: Cells) -> Array:
        found = super()._parse(cells)
        if self._commas:
            self._look_at_points(cells)
        for text, line in zip(found, cells.lines, strict=True):
            if not text:
                raise self.refuse(text, line, "", "")
            if len(text) > MOST_TARGET:
                held = f"holds {len(text)} characters; the limit of a target is {MOST_TARGET}"
                raise DataError(
                    f"{self.where}:{line}", f"column {name_of(self.name)!r} {held}", "Give the class a short name."
                )
        return found


def _parse_each(cells: Cells, parse: Callable[[str, int], Any]) -> list[Any]:
    return [parse(text.strip(), line) for text, line in zip(*cells, strict=True)]
