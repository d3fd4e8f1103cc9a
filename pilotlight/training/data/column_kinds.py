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
    parse_plain,
)
from pilotlight.training.data.column_choice import FEWEST_COUNTED
from pilotlight.training.data.column_parsers import Cells
from pilotlight.training.data.csv_lines import COMMA, CsvFile, read_parts
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
            self.count += len(cells.texts)
            return
        numbers = parse_plain(cells.texts)
        if numbers is not None:
            self._numbers += len(numbers)
            self._add_form("\n".join(cells.texts))
            self._find_long(cells)
        else:
            for text, line in zip(*cells, strict=True):
                self._add_one(text.strip(), line)
        self._counts = self._counts and numbers is not None and self._continues(numbers)
        self.count += len(cells.texts)
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

    def _add_one(self, text: str, line: int) -> None:
        if not text:
            self.empty += 1
        elif text.lower() in TRUTHS:
            self._truths += 1
        elif parse_number(text) is not None or (self._commas and is_comma_number(text)):
            self._numbers += 1
            self._add_form(text)
            self._find_long(Cells((text,), (line,)))
        elif text.lower() in BLANKS:
            self.blank += 1
        else:
            self._unread += is_unread_number(text)
            self._first_word = self._first_word or (line, text)

    def _add_form(self, numbers: str) -> None:
        """Look at how numbers are written, one a line."""
        whole = _WHOLE.issuperset(numbers)
        self._whole = self._whole and whole
        self._codes = self._codes or (whole and _CODE.search(numbers) is not None)

    def _find_long(self, cells: Cells) -> None:
        """Look for a whole number of more digits than INT64 has."""
        if self._codes and self._long is None:
            pairs = zip(*cells, strict=True)
            self._long = next(((line, text) for text, line in pairs if _LONG.fullmatch(text.strip())), None)

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
            kind.add(Cells(part.columns[place], part.lines))
    return list(kinds.values())
