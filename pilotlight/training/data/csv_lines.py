"""The lines of a .csv file: its delimiter, its header, and the cells below, a part at a time.

A file of any size is read: no more of it is in memory than one part.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from pilotlight.core.errors import DataError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import escape_controls, name_of

COMMA: Final = ","
_DELIMITERS: Final = {COMMA: "comma", ";": "semicolon", "\t": "tab"}
HINT: Final = "It needs a header with the columns' names, and a line for each sample below."
_MAX_LINE: Final = 1 << 24
"""The most characters in a line. A file without line ends is no table."""
_PART_LINES: Final = 8192


class CsvFile(NamedTuple):
    """A .csv file whose header has been read.

    Attributes:
        path: The file.
        where: Its name, for messages.
        delimiter: What separates cells: a comma, a semicolon or a tab.
        names: The names of the columns; "" for a column without a name.
        header_line: The line of the header.
    """

    path: Path
    where: str
    delimiter: str
    names: tuple[str, ...]
    header_line: int

    @property
    def header_place(self) -> str:
        """The header in messages."""
        return f"{self.where}:{self.header_line}"

    @property
    def delimiter_note(self) -> str:
        """What a person should know about the delimiter; "" for commas."""
        return (
            ""
            if self.delimiter == COMMA
            else f"the cells of {self.where} are separated by {_DELIMITERS[self.delimiter]}s"
        )


class Part(NamedTuple):
    """Some lines of a file.

    Attributes:
        lines: The line number of each sample.
        columns: The cells of each column, as they are written.
        end: The position in the file behind them, in characters.
    """

    lines: list[int]
    columns: list[tuple[str, ...]]
    end: int


def open_csv(path: Path, where: str) -> CsvFile:
    """Reads the header of a .csv file and recognizes its delimiter: the one that separates the most names.

    Args:
        path: The file.
        where: Its name, for messages.

    Raises:
        DataError: The file is missing, empty or no table, or two columns have the same name.
    """
    first = next(_read_rows(path, where, COMMA), None)
    if first is None:
        raise DataError(where, "is empty", HINT)
    headers = {COMMA: first, **_try_delimiters(path, where)}
    delimiter = max(headers, key=lambda each: len(headers[each].cells))  # of equal ones the comma, which is first
    number, cells, _ = headers[delimiter]
    names = tuple(name.strip() for name in cells)
    _check_names(names, f"{where}:{number}")
    return CsvFile(path, where, delimiter, names, number)


def read_parts(file: CsvFile) -> Iterator[Part]:
    """Reads the samples of a file, a part at a time.

    Raises:
        DataError: The file is malformed; the message names the line.
    """
    rows = _read_rows(file.path, file.where, file.delimiter)
    next(rows)
    while batch := [row for _, row in zip(range(_PART_LINES), rows, strict=False)]:
        for row in batch:
            if len(row.cells) != len(file.names):
                what = f"has {len(row.cells)} cells, and the header has {len(file.names)}"
                hint = f"Correct that line; a {_DELIMITERS[file.delimiter]} inside a cell needs quotes."
                raise DataError(f"{file.where}:{row.number}", what, hint)
        columns = list(zip(*(row.cells for row in batch), strict=True))
        yield Part([row.number for row in batch], columns, batch[-1].end)


def _try_delimiters(path: Path, where: str) -> dict[str, _Row]:
    """Return the header by each delimiter other than the comma with which it can be read."""
    found = {}
    for delimiter in (each for each in _DELIMITERS if each != COMMA):
        try:
            found[delimiter] = next(_read_rows(path, where, delimiter))
        except DataError:  # a quote in the middle of a cell, since commas separate cells
            continue
    return found


class _Row(NamedTuple):
    number: int
    cells: list[str]
    end: int


class _BoundedLines:
    """The lines of a file. What has no line ends, or NUL characters as UTF-16 has them, is no table."""

    def __init__(self, file: TextIO, where: str) -> None:
        self._file = file
        self._where = where
        self.number = 0
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(_MAX_LINE + 1):
            self.number += 1
            self.position += len(line)
            if len(line) > _MAX_LINE:
                what = f"has more than {_MAX_LINE:,} characters, so the file is no table"
                raise DataError(f"{self._where}:{self.number}", what, HINT)
            if "\0" in line:
                what = "cannot be read as a table in UTF-8 (it holds a NUL character, as UTF-16 does)"
                raise DataError(f"{self._where}:{self.number}", what, "Save it as CSV in UTF-8.")
            yield line


def _read_rows(path: Path, where: str, delimiter: str) -> Iterator[_Row]:
    """Yield each row that is not blank, the header first."""
    origin = Origin(where, "Save it as CSV in UTF-8.")
    try:
        with io.TextIOWrapper(open_file(path, origin), encoding="utf-8-sig", newline="") as file:
            yield from _parse_rows(_BoundedLines(file, where), where, delimiter)
    except OSError as error:
        raise origin.refuse(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise origin.refuse(f"cannot be read as a table in UTF-8 ({error})") from error


def _parse_rows(lines: _BoundedLines, where: str, delimiter: str) -> Iterator[_Row]:
    reader = csv.reader(iter(lines), strict=True, skipinitialspace=True, delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                yield _Row(reader.line_num, cells, lines.position)
    except csv.Error as error:
        hint = "Correct that line, or save the table as CSV in UTF-8."
        what = f"cannot be read as a table in UTF-8 ({error})"
        raise DataError(f"{where}:{reader.line_num}", what, hint) from error


def _check_names(names: tuple[str, ...], where: str) -> None:
    hidden = [name for name in names if escape_controls(name) != name]
    if hidden:
        what = f"has the column {name_of(hidden[0])!r}, whose name holds control characters"
        raise DataError(where, what, "Rename it.")
    twice = sorted(name for name, count in Counter(names).items() if count > 1 and name)
    if twice:
        raise DataError(where, f"has the column {name_of(twice[0])!r} twice", "Give each its own name.")
