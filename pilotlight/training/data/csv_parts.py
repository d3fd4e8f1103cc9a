"""The samples of a .csv file, a part at a time.

A file of any size is read: no more of it is in memory than one part, which is longer than PART_SIZE where one row is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.core.outside import Origin, open_file
from pilotlight.training.data.cells import Cells, make_cells
from pilotlight.training.data.csv_lines import CsvFile
from pilotlight.training.data.csv_rows import DELIMITERS, MOST_IN_LINE, SAVE_HINT, Row, RowReader, decode
from pilotlight.training.data.csv_split import split_rows

PART_SIZE: Final = 1 << 19
"""Bytes."""
_LONGEST: Final = MOST_IN_LINE * 4
"""Bytes of a line: a character has at most four in UTF-8."""


class Part(NamedTuple):
    """Some rows of a file.

    Attributes:
        lines: The line number of each row; int64 of shape (n,).
        columns: The cells of each column.
        end: The position in the file behind them, in bytes.
    """

    lines: Any
    columns: Sequence[Cells]
    end: int


class _Block(NamedTuple):
    """Whole lines of a file.

    Attributes:
        content: Their bytes.
        line: The number of the first one.
        start: Its position in the file, in bytes.
        at_end: Whether they are the end of the file.
    """

    content: bytes
    line: int
    start: int
    at_end: bool


class _Rows(NamedTuple):
    """The rows of a block.

    Attributes:
        columns: The cells of each column; none where no row is whole, or all are blank.
        lines: The line number of each row.
        size: The bytes of the rows.
        next_line: The number of the line behind them.
    """

    columns: Sequence[Cells]
    lines: Any
    size: int
    next_line: int


def read_parts(file: CsvFile, part_size: int = PART_SIZE) -> Iterator[Part]:
    """Reads the samples of a file, a part at a time.

    Args:
        file: The file.
        part_size: The bytes of a part, about.

    Raises:
        DataError: The file is malformed; the message names the line.
    """
    origin = Origin(file.where, SAVE_HINT)
    try:
        with open_file(file.path, origin) as opened:
            opened.seek(file.start)
            yield from _read_blocks(file, opened, part_size)
    except OSError as error:
        raise origin.refuse(f"cannot be read ({error.strerror})") from error


def _read_blocks(file: CsvFile, opened: BinaryIO, part_size: int) -> Iterator[Part]:
    rest, line, start, size = b"", file.next_line, file.start, part_size
    while True:
        read = opened.read(size)
        if not read and not rest:
            return
        content = rest + read
        end = len(content) if not read else _find_line_end(content)
        block = _Block(content[:end], line, start, at_end=not read)
        rows = _read_rows(file, block)
        if len(rows.columns):
            yield Part(rows.lines, rows.columns, start + rows.size)
        rest, line, start = content[rows.size :], rows.next_line, start + rows.size
        if not read:
            return
        # A row longer than a part is read ever faster, up to the longest that a line may be.
        size = part_size if rows.size else max(part_size, min(len(content), _LONGEST - len(content)))


def _find_line_end(content: bytes) -> int:
    """Return the position behind the last line end; the end of content that has too many bytes for a line."""
    end = max(content.rfind(b"\n"), content.rfind(b"\r", 0, len(content) - 1)) + 1
    return end or (len(content) if len(content) > _LONGEST else 0)


def _read_rows(file: CsvFile, block: _Block) -> _Rows:
    """Return the whole rows of a block."""
    text = decode(block.content, file.where, block.line, block.start)
    whole = block.content + b"\n" if block.at_end and not block.content.endswith(b"\n") else block.content
    split = split_rows(whole, file.delimiter, len(file.names))
    if split is None or (block.at_end and split.size < len(whole)):
        return _parse_rows(file, block, text)
    lines = split.lines + block.line
    columns = [
        Cells(split.content, starts, ends, lines) for starts, ends in zip(split.starts.T, split.ends.T, strict=True)
    ]
    return _Rows(columns, lines, min(split.size, len(block.content)), block.line + split.line_count)


def _parse_rows(file: CsvFile, block: _Block, text: str) -> _Rows:
    """Return the whole rows of a block, read one at a time."""
    reader = RowReader(io.StringIO(text, newline=""), file.delimiter, file.where, block.line, at_end=block.at_end)
    rows = []
    for row in reader:
        _check_width(file, row, reader.next_line - 1)
        rows.append(row)
    lines = np.array([row.line for row in rows], np.int64)
    columns = [make_cells(texts, lines) for texts in zip(*(row.cells for row in rows), strict=True)]
    return _Rows(columns, lines, reader.size, reader.next_line)


def _check_width(file: CsvFile, row: Row, last_line: int) -> None:
    """Raise DataError where a row has too few or too many cells."""
    if len(row.cells) == len(file.names):
        return
    what = f"has {len(row.cells)} cells, and the header has {len(file.names)}"
    if last_line > row.line:
        what += f"; a quote joins it with the lines to {last_line}"
    hint = f"Correct that line; a {DELIMITERS[file.delimiter]} inside a cell needs quotes."
    raise DataError(f"{file.where}:{row.line}", what, hint)
