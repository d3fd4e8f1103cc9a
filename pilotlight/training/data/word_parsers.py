"""Columns of words, and the target."""

from __future__ import annotations

import sys
from itertools import islice
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of
from pilotlight.training.data.cell_numbers import is_comma_number, may_be_thousands, parse_number
from pilotlight.training.data.cells import Cells
from pilotlight.training.data.column_parser import ColumnParser

MOST_TARGET: Final = 200
"""The most characters in the name of a class. An array of texts is as wide as its longest."""


class WordParser(ColumnParser):
    """Words as objects of str, without the spaces around them. Equal words are one object. A blank one is ""."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(name, where)
        self._known: dict[str, str] = {}

    def _parse(self, cells: Cells) -> Array:
        known, before = self._known, len(self._known)
        words = map(str.strip, cells.take(cells.distinct.first).texts)
        different = np.empty(len(cells.distinct.first), dtype=object)
        different[:] = [known.setdefault(word, word) for word in words]
        found: Array = different[cells.distinct.kinds]
        self.size += sum(map(sys.getsizeof, islice(known, before, None)))
        self.marks.add_words(islice(known, before, None))
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
        different = list(self._known)
        with_comma = [text for text in different if is_comma_number(text)] if self._commas else []
        numbers = all(is_comma_number(text) or parse_number(text) is not None for text in different)
        if not numbers:
            self.marks.doubtful_point = None
        if not with_comma or not numbers:
            return texts
        doubtful = [text for text in with_comma if may_be_thousands(text)]
        self.marks.thousands = self.where if doubtful else ""
        self.marks.decimal_comma = len(doubtful) < len(with_comma)
        texts[:] = [text.replace(",", ".") for text in texts.tolist()]
        return texts

    def _parse(self, cells: Cells) -> Array:
        before = len(self._known)
        found = super()._parse(cells)
        if self._commas:
            self.marks.add_points(cells)
        refused = [word for word in islice(self._known, before, None) if not word or len(word) > MOST_TARGET]
        if refused:
            line = int(cells.lines[found.tolist().index(refused[0])])
            raise self._refuse_word(refused[0], line)
        return found

    def _refuse_word(self, word: str, line: int) -> DataError:
        if not word:
            return self.refuse(word, line, "", "")
        held = f"holds {len(word)} characters; the limit of a target is {MOST_TARGET}"
        return DataError(
            f"{self.where}:{line}", f"column {name_of(self.name)!r} {held}", "Give the class a short name."
        )
