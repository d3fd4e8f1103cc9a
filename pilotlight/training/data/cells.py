"""Some cells of one column of a .csv file, as the bytes of the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from pilotlight.training.data.cell_numbers import parse_number, parse_plain
from pilotlight.training.data.distinct import MOST_BYTES, Distinct, find_distinct, look_up_distinct
from pilotlight.training.data.fixed_numbers import MOST_CHARACTERS, FixedNumbers, read_numbers

MARGIN: Final = bytes(max(MOST_CHARACTERS + 1, MOST_BYTES))
"""What lies before the first cell, so that `read_numbers` and `find_distinct` may look there."""


class Cells:
    """Some cells of one column.

    Args:
        content: The bytes that hold the cells, in UTF-8, behind MARGIN.
        starts: The position of the first byte of each cell; int64 of shape (n,).
        ends: The position behind the last one.
        lines: The line of each cell in the file; int64 of shape (n,).

    Attributes:
        lines: See above.
    """

    def __init__(self, content: bytes, starts: Any, ends: Any, lines: Any) -> None:
        self._content = content
        self._starts = starts
        self._ends = ends
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def raw(self) -> list[bytes]:
        """The cells as they are written."""
        content = self._content
        return [content[start:end] for start, end in zip(self._starts.tolist(), self._ends.tolist(), strict=True)]

    @cached_property
    def texts(self) -> list[str]:
        """The cells as they are written."""
        return [raw.decode() for raw in self.raw]

    @cached_property
    def fixed(self) -> FixedNumbers:
        """The numbers that can be read all at once."""
        return read_numbers(np.frombuffer(self._content, np.uint8), self._starts, self._ends)

    @cached_property
    def others(self) -> Cells:
        """The cells that are not among the `fixed` numbers."""
        return self.take(np.flatnonzero(~self.fixed.known))

    @cached_property
    def plain(self) -> Any:
        """The numbers of all cells as float64; None where a cell is anything but a finite number."""
        if not len(self.others):
            return self.fixed.values
        if parse_number(self.others.take([0]).texts[0]) is None:  # a word, most often: no need to look at the others
            return None
        found = parse_plain(self.others.texts)
        if found is None:
            return None
        values = self.fixed.values.copy()
        values[~self.fixed.known] = found
        return values

    @cached_property
    def distinct(self) -> Distinct:
        """The different cells."""
        found = find_distinct(self._content, self._starts, self._ends) if len(self) else None
        return look_up_distinct(self.raw) if found is None else found

    @property
    def has_point(self) -> bool:
        """Whether some cell has a point."""
        if b"." not in self._content:
            return False
        return bool(self.fixed.points.any()) or any(b"." in raw for raw in self.others.raw)

    def with_points(self) -> Cells:
        """Returns the cells with a point in place of each comma."""
        return Cells(self._content.replace(b",", b"."), self._starts, self._ends, self.lines)

    def take(self, index: Any) -> Cells:
        """Returns some of the cells.

        Args:
            index: Their positions.
        """
        return Cells(self._content, self._starts[index], self._ends[index], self.lines[index])


def make_cells(texts: Sequence[str], lines: Any) -> Cells:
    """Returns cells of the given texts. A text has no NUL character.

    Args:
        texts: The cells as they are written.
        lines: The line of each.
    """
    content = MARGIN + "\0".join([*texts, ""]).encode()
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == 0)[len(MARGIN) :]
    starts = np.concatenate([[len(MARGIN)], ends[:-1] + 1]) if len(texts) else ends
    return Cells(content, starts, ends, lines)
