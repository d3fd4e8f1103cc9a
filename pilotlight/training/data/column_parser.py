"""The cells of one column of a table become an array, a part at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of, shorten
from pilotlight.training.data.cells import Cells
from pilotlight.training.data.decimal_marks import DecimalMarks


class ColumnParser(ABC):
    """Collects the values of one column.

    Args:
        name: The column.
        where: The file, for messages.

    Attributes:
        name: The column.
        where: The file.
        size: The bytes in memory of what was collected.
        marks: What the numbers tell about their commas and points.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.where = where
        self.size = 0
        self.marks = DecimalMarks(name, where)
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

    @abstractmethod
    def _parse(self, cells: Cells) -> Array: ...


def parse_each(cells: Cells, parse: Callable[[str, int], Any], datatype: DTypeLike) -> Array:
    """Returns the values of cells as an array. Equal cells are parsed once.

    Args:
        cells: The cells.
        parse: Returns the value of a text without spaces around it; its line is for messages.
        datatype: That of the array.
    """
    different = cells.take(cells.distinct.first)
    values = np.empty(len(different), datatype)
    for place, (text, line) in enumerate(zip(different.texts, different.lines.tolist(), strict=True)):
        values[place] = parse(text.strip(), line)
    found: Array = values[cells.distinct.kinds]
    return found
