"""The header of a .csv file, and the delimiter of its cells."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from pilotlight.core.errors import DataError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import escape_controls, name_of
from pilotlight.training.data.csv_rows import COMMA, DELIMITERS, HINT, MOST_IN_LINE, SAVE_HINT, Row, RowReader, decode

_MARK: Final = b"\xef\xbb\xbf"
"""Of UTF-8 at the start of a file, as Excel writes it."""


_MOST_READ: Final = 4 * MOST_IN_LINE
"""The bytes that so many characters have at most."""


class CsvFile(NamedTuple):
    """A .csv file whose header has been read.

    Attributes:
        path: The file.
        where: Its name, for messages.
        delimiter: What separates cells: a comma, a semicolon or a tab.
        names: The names of the columns; "" for a column without a name.
        header_line: The line of the header.
        next_line: The line behind the header.
        start: The position of that line in the file, in bytes.
    """

    path: Path
    where: str
    delimiter: str
    names: tuple[str, ...]
    header_line: int
    next_line: int
    start: int

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
            else f"the cells of {self.where} are separated by {DELIMITERS[self.delimiter]}s"
        )


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
    # Of equal ones the comma, which is first.
    found = max([first, *_try_delimiters(path, where)], key=lambda file: len(file.names))
    _check_names(found)
    return found


def _try_delimiters(path: Path, where: str) -> list[CsvFile]:
    """Return the file by each delimiter other than the comma with which its header can be read."""
    found = []
    for delimiter in (each for each in DELIMITERS if each != COMMA):
        with suppress(DataError):  # a quote in the middle of a cell, since commas separate cells
            found.append(_read_header(path, where, delimiter))
    return [file for file in found if file is not None]


def _read_header(path: Path, where: str, delimiter: str) -> CsvFile | None:
    origin = Origin(where, SAVE_HINT)
    try:
        with open_file(path, origin) as file:
            start = len(_MARK) if file.read(len(_MARK)) == _MARK else 0
            file.seek(start)
            reader = RowReader(_read_lines(file, where, start), delimiter, where)
            row: Row | None = next(iter(reader), None)
    except OSError as error:
        raise origin.refuse(f"cannot be read ({error.strerror})") from error
    if row is None:
        return None
    names = tuple(name.strip() for name in row.cells)
    return CsvFile(path, where, delimiter, names, row.line, reader.next_line, start + reader.size)


def _read_lines(file: BinaryIO, where: str, start: int) -> Iterator[str]:
    number = 1
    while raw := file.readline(_MOST_READ):
        text = raw.decode(errors="ignore") if len(raw) == _MOST_READ else decode(raw, where, number, start)
        yield from io.StringIO(text, newline="")
        number, start = number + 1, start + len(raw)


def _check_names(file: CsvFile) -> None:
    hidden = [name for name in file.names if escape_controls(name) != name]
    if hidden:
        what = f"has the column {name_of(hidden[0])!r}, whose name holds control characters"
        raise DataError(file.header_place, what, "Rename it.")
    twice = sorted(name for name, count in Counter(file.names).items() if count > 1 and name)
    if twice:
        what = f"has the column {name_of(twice[0])!r} twice"
        raise DataError(file.header_place, what, "Give each its own name.")
