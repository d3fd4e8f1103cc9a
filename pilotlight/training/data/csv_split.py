"""Finds the cells of many lines of a .csv file at once, by the positions of its delimiters, line ends and quotes.

It reads what nearly every file holds: lines of equally many cells, some of them in quotes, with delimiters and line
ends inside. `csv_rows` reads all other lines: a quote in a quoted cell, spaces before a quote, blank or ragged lines.
"""

from __future__ import annotations

import csv
from typing import Any, NamedTuple

import numpy as np

from pilotlight.training.data.cells import MARGIN

_QUOTE, _LINE_END, _RETURN = b'"\n\r'


class Split(NamedTuple):
    """The cells of whole rows.

    Attributes:
        content: The bytes that hold the cells, behind MARGIN.
        starts: The position of the first byte of each cell; int64 of shape (rows, columns).
        ends: The position behind the last one.
        lines: The number of lines before each row; int64 of shape (rows,).
        size: The bytes of the rows.
        line_count: The lines of the rows.
    """

    content: bytes
    starts: Any
    ends: Any
    lines: Any
    size: int
    line_count: int


def split_rows(block: bytes, delimiter: str, width: int) -> Split | None:
    """Finds the cells of a block.

    Args:
        block: Whole lines of the file, each with its line end. The last row may lack lines.
        delimiter: What separates cells.
        width: The cells of a row.

    Returns:
        The cells of all whole rows; None where the block is for `csv_rows`.
    """
    if b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return None
    content = MARGIN + block
    characters = np.frombuffer(content, np.uint8)
    bounds, quotes = _find_bounds(characters, delimiter)
    row_ends = np.flatnonzero(characters[bounds] == _LINE_END)
    if not len(row_ends) or not np.array_equal(row_ends, np.arange(1, len(row_ends) + 1) * width - 1):
        return None
    bounds = bounds[: row_ends[-1] + 1]
    starts = np.concatenate([[len(MARGIN)], bounds[:-1] + 1])
    ends = bounds.copy()
    ends[row_ends] -= characters[bounds[row_ends] - 1] == _RETURN
    if (width == 1 and (starts == ends).any()) or (ends - starts).max() > csv.field_size_limit():
        return None
    end = int(bounds[-1]) + 1
    lines, line_count = np.arange(len(row_ends)), len(row_ends)
    if len(quotes):
        if not _unquote(starts, ends, quotes[quotes < end]):
            return None
        line_ends = np.flatnonzero(characters[:end] == _LINE_END)
        lines, line_count = np.searchsorted(line_ends, starts[::width]), len(line_ends)
    shape = (len(row_ends), width)
    return Split(content, starts.reshape(shape), ends.reshape(shape), lines, end - len(MARGIN), line_count)


def _find_bounds(characters: Any, delimiter: str) -> tuple[Any, Any]:
    """Return the positions of delimiters and line ends outside of quotes, and those of quotes."""
    is_bound = (characters == ord(delimiter)) | (characters == _LINE_END)
    is_quote = characters == _QUOTE
    if not is_quote.any():
        return np.flatnonzero(is_bound), np.empty(0, np.int64)
    places = np.flatnonzero(is_bound | is_quote)
    quotes = is_quote[places]
    outside = np.cumsum(quotes) % 2 == 0
    return places[outside & ~quotes], places[quotes]


def _unquote(starts: Any, ends: Any, quotes: Any) -> bool:
    """Take the quotes around cells away, in place. Return whether quotes are nowhere else."""
    opening, closing = quotes[0::2], quotes[1::2]
    cells = np.searchsorted(ends, opening)
    if not ((starts[cells] == opening).all() and (ends[cells] - 1 == closing).all()):
        return False
    starts[cells] += 1
    ends[cells] -= 1
    return True
