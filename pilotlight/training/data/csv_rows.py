"""Rows of a .csv file, one at a time: any row that is well-formed, and the error for one that is not."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pilotlight.core.errors import DataError
from pilotlight.training.data.open_quotes import find_last_quoted

COMMA: Final = ","
DELIMITERS: Final = {COMMA: "comma", ";": "semicolon", "\t": "tab"}
HINT: Final = "It needs a header with the columns' names, and a line for each sample below."
SAVE_HINT: Final = "Save it as CSV in UTF-8."
MOST_IN_LINE: Final = 1 << 24
"""The most characters in a line. A file without line ends is no table."""


class Row(NamedTuple):
    """One row.

    Attributes:
        line: The line of the file where it begins.
        cells: Its cells as they are written.
    """

    line: int
    cells: list[str]


class RowReader:
    """Reads the rows of some lines.

    Args:
        lines: Lines with their line ends.
        delimiter: What separates cells.
        where: The file, for messages.
        line: The number of the first line.
        at_end: Whether the lines are the end of the file. Else the last row may lack lines, and is left out.

    Attributes:
        next_line: The number of the line behind the rows that were read.
        size: The bytes of the lines of these rows, in UTF-8.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, where: str, line: int = 1, *, at_end: bool = True) -> None:
        self.next_line = line
        self.size = 0
        self._where = where
        self._delimiter = delimiter
        self._at_end = at_end
        self._is_exhausted = False
        self._row: list[str] = []
        self._reader = csv.reader(self._keep(lines), strict=True, skipinitialspace=True, delimiter=delimiter)

    def __iter__(self) -> Iterator[Row]:
        """Yields each row that is not blank.

        Raises:
            DataError: A row is malformed; the message names the line, of a quote the one where it opens.
        """
        try:
            for cells in self._reader:
                row = Row(self.next_line, cells)
                self._end_row()
                if cells:
                    yield row
        except csv.Error as error:
            quoted = find_last_quoted(self._row, self._delimiter)
            if self._is_exhausted and not self._at_end and quoted is not None and quoted.closes is None:
                return
            raise self._refuse(error) from error

    def _end_row(self) -> None:
        self.next_line += len(self._row)
        self.size += sum(len(line.encode()) for line in self._row)
        self._row.clear()

    def _keep(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines, each kept until its row ends. What has no line ends, or NUL characters, is no table."""
        for line in lines:
            number = self.next_line + len(self._row)
            if len(line) > MOST_IN_LINE:
                what = f"has more than {MOST_IN_LINE:,} characters, so the file is no table"
                raise DataError(f"{self._where}:{number}", what, HINT)
            if "\0" in line:
                what = "cannot be read as a table in UTF-8 (it holds a NUL character, as UTF-16 does)"
                raise DataError(f"{self._where}:{number}", what, SAVE_HINT)
            self._row.append(line)
            yield line
        self._is_exhausted = True

    def _refuse(self, error: csv.Error) -> DataError:
        """Return the error for a row."""
        what, number = f"cannot be read as a table in UTF-8 ({error})", self.next_line + len(self._row) - 1
        quoted = find_last_quoted(self._row, self._delimiter)
        if quoted is not None:
            number = self.next_line + quoted.opens
            if quoted.closes is None:
                what = f"cannot be read as a table in UTF-8 (a quote opens and is not closed: {error})"
            elif quoted.closes != quoted.opens:
                closing = self.next_line + quoted.closes
                what = f"cannot be read as a table in UTF-8 (a quote opens, and closes in line {closing}: {error})"
        return DataError(f"{self._where}:{number}", what, "Correct that line, or save the table as CSV in UTF-8.")


def decode(content: bytes, where: str, line: int, start: int) -> str:
    """Returns the text of some lines.

    Args:
        content: The lines.
        where: The file, for messages.
        line: The number of the first line.
        start: Its position in the file, in bytes.

    Raises:
        DataError: The lines are not in UTF-8; the message names the line.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        number = line + content.count(b"\n", 0, error.start)
        what = f"cannot be read as a table in UTF-8 (byte {start + error.start} of the file: {error.reason})"
        raise DataError(f"{where}:{number}", what, SAVE_HINT) from error
