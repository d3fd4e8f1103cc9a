"""Columns of a .csv file as arrays, one datatype each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.outside import physical_memory
from pilotlight.training.data.column_parser import ColumnParser
from pilotlight.training.data.csv_lines import CsvFile
from pilotlight.training.data.csv_parts import Part, read_parts
from pilotlight.training.data.csv_rows import COMMA
from pilotlight.training.data.decimal_marks import check_marks
from pilotlight.training.data.number_parsers import NumberParser, TruthParser, WholeParser
from pilotlight.training.data.word_parsers import WordParser
from pilotlight_runtime.datatypes import BOOL, BYTES, Datatype

COPIES: Final = 3
"""How often a table is in memory while it is split: as read, as parts, and as the model takes it."""


def make_parser(file: CsvFile, name: str, datatype: Datatype) -> ColumnParser:
    """Returns the parser for a column.

    Args:
        file: The file.
        name: The column.
        datatype: What each cell becomes: words for BYTES, bool for BOOL, int64 for whole numbers, else float64 with NaN
            for a missing number.
    """
    if datatype is BYTES:
        return WordParser(name, file.where)
    if datatype is BOOL:
        return TruthParser(name, file.where)
    if datatype.format in tuple("efd"):
        return NumberParser(name, file.where, blanks=True, commas=file.delimiter != COMMA)
    return WholeParser(name, file.where, commas=file.delimiter != COMMA)


def parse_columns(
    file: CsvFile, parsers: Mapping[str, ColumnParser], memory: int | None = None
) -> tuple[dict[str, Array], Sequence[int]]:
    """Reads columns of a file, a part at a time.

    Args:
        file: The file.
        parsers: The parser of each column by its name.
        memory: The bytes that may be used; None for the memory of this machine. A file that needs more is refused
            before its rest is read.

    Returns:
        The array of each column, and the line of each sample.

    Raises:
        DataError: The file is malformed, has no samples, or is too large; the message names the line.
    """
    from array import array

    places = {name: file.names.index(name) for name in parsers}
    lines = array("q")
    limit = physical_memory() if memory is None else memory
    for part in read_parts(file):
        for name, parser in parsers.items():
            parser.add(part.columns[places[name]])
        lines.frombytes(part.lines.tobytes())
        _check_memory(file, part, parsers, len(lines), limit)
    if not lines:
        raise DataError(file.where, "has a header and no samples", "Add a line for each sample below the header.")
    columns = {name: parser.finish() for name, parser in parsers.items()}
    check_marks(parser.marks for parser in parsers.values())
    return columns, lines


def _check_memory(file: CsvFile, part: Part, parsers: Mapping[str, ColumnParser], rows: int, limit: int) -> None:
    """Raise DataError where the arrays do not fit into memory: as far as they are read, or in the whole file."""
    read = sum(parser.size for parser in parsers.values())
    share = min(1.0, part.end / max(1, file.path.stat().st_size))
    cells = len(parsers) * rows * 8  # a number or a pointer each; words are counted once they are read
    needed = COPIES * max(read, cells / share if share else 0)
    if needed > limit:
        what = f"needs about {needed / 1e9:.1f} GB of memory, and this machine has {limit / 1e9:.1f} GB"
        hint = "Learn from a sample of its lines or from fewer columns, or write a folder of .npy files."
        raise DataError(file.where, what, hint)
