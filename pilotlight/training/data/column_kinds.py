"""What the columns of a .csv file hold, found by reading the whole file once. Nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from pilotlight.core.printable import name_of, shorten
from pilotlight.training.data.cell_numbers import (
    BLANKS,
    MOST_DIGITS,
    TRUTHS,
    is_comma_number,
    is_unread_number,
    parse_number,
)
from pilotlight.training.data.cells import Cells
from pilotlight.training.data.column_choice import FEWEST_COUNTED
from pilotlight.training.data.csv_lines import CsvFile
from pilotlight.training.data.csv_parts import read_parts
from pilotlight.training.data.csv_rows import COMMA
from pilotlight.training.data.decimal_marks import read_comma_numbers
from pilotlight.training.data.fixed_numbers import FixedNumbers
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64, Datatype

_WHOLE: Final = frozenset("0123456789+- \n")
_CODE: Final = re.compile(rf"^\s*[+-]?(?:0\d|\d{{{MOST_DIGITS + 1}}})", re.MULTILINE)
"""Digits that are no quantity: a leading zero would be lost, or digits of a long number."""
_LONG: Final = re.compile(rf"[+-]?[1-9]\d{{{MOST_DIGITS},}}")
_NOTABLE_SHARE: Final = 0.5
"""Of the filled cells. A column of words with a larger share of numbers, read or unread, is noted."""


class ColumnKind:
    """What one column holds.

    Args:
        name: The column.
        commas: Whether a number may have a decimal comma.

    Attributes:
        name: The column.
        count: The cells.
        empty: The cells without any text.
        blank: The cells whose text stands for a missing number, such as NA.
    """

    def __init__(self, name: str, *, commas: bool) -> None:
        self.name = name
        self.count = self.empty = self.blank = self._seen = 0
        self._commas = commas
        self._numbers = self._truths = self._unread = 0
        self._long: tuple[int, str] | None = None
        self._whole = self._counts = True
        self._codes = False
        self._start: float | None = None
        self._first_word: tuple[int, str] | None = None

    def add(self, cells: Cells) -> None:
        """Looks at some cells."""
        if self._first_word is not None and self._seen:  # nothing can change any more, and looking takes long
            self.count += len(cells)
            return
        numbers = cells.plain
        if numbers is not None:
            self._add_numbers(cells)
        else:
            self._add_fixed(cells.fixed)
            self._add_words(cells.others)
        self._counts = self._counts and numbers is not None and self._continues(numbers)
        self.count += len(cells)
        self._seen = self.count

    @property
    def datatype(self) -> Datatype:
        """BOOL, INT64, FP32 or BYTES: the narrowest that holds every cell."""
        if self._truths == self.count:
            return BOOL
        if self._numbers + self.empty + self.blank == self.count:
            if self._codes:
                return BYTES
            return INT64 if self._whole and self._numbers == self.count else FP32
        return BYTES

    @property
    def counts_rows(self) -> bool:
        """Whether the column is 0, 1, 2, … or 1, 2, 3, …, as an index that was written by accident."""
        return self._counts and self.count >= FEWEST_COUNTED

    @property
    def note(self) -> str:
        """What a person should know about the datatype; "" for nothing."""
        filled = self._seen - self.empty - self.blank
        word = self._first_word if self._numbers + self._unread > filled * _NOTABLE_SHARE else None
        found = word or (self._long if self.datatype is BYTES and self._first_word is None else None)
        if found is None:
            return ""
        line, text = found
        return f"column {name_of(self.name)!r} is read as words, since line {line} holds {shorten(text, 40)!r}"

    def _add_numbers(self, cells: Cells) -> None:
        """Look at cells that are all numbers."""
        self._numbers += len(cells)
        others = "\n".join(cells.others.texts)
        whole = not cells.fixed.points.any() and _WHOLE.issuperset(others)
        self._whole = self._whole and whole
        self._codes = self._codes or (whole and (bool(cells.fixed.zeros.any()) or _CODE.search(others) is not None))
        if self._codes and self._long is None:
            for text, line in zip(cells.others.texts, cells.others.lines.tolist(), strict=True):
                self._find_long(text.strip(), line)

    def _add_fixed(self, numbers: FixedNumbers) -> None:
        """Look at the numbers among cells."""
        self._numbers += int(numbers.known.sum())
        self._whole = self._whole and not numbers.points.any()
        self._codes = self._codes or bool(numbers.zeros.any())

    def _add_words(self, cells: Cells) -> None:
        """Look at cells that are mostly no plain numbers."""
        if self._commas:
            known = read_comma_numbers(cells).known
            self._numbers += int(known.sum())
            self._whole = self._whole and not known.any()
            cells = cells.take(~known)
        different = cells.take(cells.distinct.first)
        counts = np.bincount(cells.distinct.kinds).tolist()
        for text, count, line in zip(different.texts, counts, different.lines.tolist(), strict=True):
            self._add_one(text.strip(), count, line)

    def _add_one(self, text: str, count: int, line: int) -> None:
        """Look at cells of the same text. line: that of the first one."""
        if not text:
            self.empty += count
        elif text.lower() in TRUTHS:
            self._truths += count
        elif parse_number(text) is not None or (self._commas and is_comma_number(text)):
            self._numbers += count
            whole = _WHOLE.issuperset(text)
            self._whole = self._whole and whole
            self._codes = self._codes or (whole and _CODE.search(text) is not None)
            self._find_long(text, line)
        elif text.lower() in BLANKS:
            self.blank += count
        else:
            self._unread += count * is_unread_number(text)
            self._first_word = self._first_word or (line, text)

    def _find_long(self, text: str, line: int) -> None:
        """Remember the first whole number of more digits than INT64 has."""
        if self._codes and self._long is None and _LONG.fullmatch(text):
            self._long = (line, text)

    def _continues(self, numbers: Any) -> bool:
        """Return whether numbers count the rows on, from the first number of the column."""
        if self._start is None:
            self._start = float(numbers[0])
        expected = self._start + self.count + np.arange(len(numbers))
        return self._start in (0.0, 1.0) and bool((numbers == expected).all())


def find_kinds(file: CsvFile, names: Collection[str] | None = None) -> list[ColumnKind]:
    """Finds what columns hold.

    Args:
        file: The file.
        names: The columns; None for all, those without a name included.

    Returns:
        One for each column, in the file's order.

    Raises:
        DataError: The file is malformed; the message names the line.
    """
    commas = file.delimiter != COMMA
    kinds = {
        place: ColumnKind(name, commas=commas)
        for place, name in enumerate(file.names)
        if names is None or name in names
    }
    for part in read_parts(file):
        for place, kind in kinds.items():
            kind.add(part.columns[place])
    return list(kinds.values())
