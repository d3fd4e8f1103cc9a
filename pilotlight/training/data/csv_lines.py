"""The lines of a .csv file: its delimiter, its header, and the cells below, a part at a time.

A file of any size is read: no more of it is in memory than one part.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, TextIO, TypeAlias

from pilotlight.core.errors import DataError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import escape_controls, name_of

COMMA: Final = ","
_DELIMITERS: Final = {COMMA: "comma", ";": "semicolon", "\t": "tab"}
HINT: Final = "It needs a header with the columns' names, and a line for each sample below."
_MAX_LINE: Final = 1 << 24
"""The most characters in a line. A file without line ends is no table."""
_PART_LINES: Final = 8192
_Row: TypeAlias = tuple[int, list[str]]
"""The line of a row, and its cells."""


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
    first = _read_header(path, where, COMMA)
    if first is None:
        raise DataError(where, "is empty", HINT)
    headers = {COMMA: first, **_try_delimiters(path, where)}
    delimiter = max(headers, key=lambda each: len(headers[each][1]))  # of equal ones the comma, which is first
    number, cells = headers[delimiter]
    names = tuple(name.strip() for name in cells)
    _check_names(names, f"{where}:{number}")
    return CsvFile(path, where, delimiter, names, number)


def read_parts(file: CsvFile) -> Iterator[Part]:
    """Reads the samples of a file, a part at a time.

    Raises:
        DataError: The file is malformed; the message names the line.
    """
    width = len(file.names)
    with _open_rows(file.path, file.where, file.delimiter) as (lines, rows):
        next(rows)
        while batch := list(islice(rows, _PART_LINES)):
            for number, cells in batch:
                if len(cells) != width:
                    what = f"has {len(cells)} cells, and the header has {width}"
                    hint = f"Correct that line; a {_DELIMITERS[file.delimiter]} inside a cell needs quotes."
                    raise DataError(f"{file.where}:{number}", what, hint)
            columns = list(zip(*(cells for _, cells in batch), strict=True))
            yield Part([number for number, _ in batch], columns, lines.position)


def _read_header(path: Path, where: str, delimiter: str) -> _Row | None:
    with _open_rows(path, where, delimiter) as (_, rows):
        return next(rows, None)


def _try_delimiters(path: Path, where: str) -> dict[str, _Row]:
    """Return the header by each delimiter other than the comma with which it can be read."""
    found = {}
    for delimiter in (each for each in _DELIMITERS if each != COMMA):
        with suppress(DataError):  # a quote in the middle of a cell, since commas separate cells
            found[delimiter] = _read_header(path, where, delimiter)
    return {delimiter: row for delimiter, row in found.items() if row is not None}


class _BoundedLines:
    """The lines of a file. What has no line ends, or NUL characters as UTF-16 has them, is no table.

    Attributes:
        position: The characters that were read.
    """

    def __init__(self, file: TextIO, where: str) -> None:
        self._file = file
        self._where = where
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        number = 0
        while line := self._file.readline(_MAX_LINE + 1):
            number += 1
            self.position += len(line)
            if len(line) > _MAX_LINE:
                what = f"has more than {_MAX_LINE:,} characters, so the file is no table"
                raise DataError(f"{self._where}:{number}", what, HINT)
            if "\0" in line:
                what = "cannot be read as a table in UTF-8 (it holds a NUL character, as UTF-16 does)"
                raise DataError(f"{self._where}:{number}", what, "Save it as CSV in UTF-8.")
            yield line


@contextmanager
def _open_rows(path: Path, where: str, delimiter: str) -> Iterator[tuple[_BoundedLines, Iterator[_Row]]]:
    """Open a file: inside the block, its lines, and its rows with their lines, the header first."""
    origin = Origin(where, "Save it as CSV in UTF-8.")
    try:
        with io.TextIOWrapper(open_file(path, origin), encoding="utf-8-sig", newline="") as file:
            lines = _BoundedLines(file, where)
            yield lines, _parse_rows(lines, where, delimiter)
    except OSError as error:
        raise origin.refuse(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise origin.refuse(f"cannot be read as a table in UTF-8 ({error})") from error


def _parse_rows(lines: _BoundedLines, where: str, delimiter: str) -> Iterator[_Row]:
    """Yield each row that is not blank."""
    reader = csv.reader(iter(lines), strict=True, skipinitialspace=True, delimiter=delimiter)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
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
