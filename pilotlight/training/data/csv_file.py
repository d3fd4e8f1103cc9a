"""A table in a .csv file: a header with the columns' names, then one sample a line, commas between cells, UTF-8."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TextIO

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import escape_controls, join_names, name_of, shorten
from pilotlight.training.data.table import Table, place_of

_HINT: Final = "It needs a header with the columns' names, and a line for each sample below."
_LARGEST: Final = float(np.finfo(np.float32).max)
"""Models take single precision, in which larger numbers are infinite."""
_MAX_LINE: Final = 1 << 24
"""The most characters in a line. A file without line ends is no table."""
_MAX_TARGET: Final = 200
"""The most characters in the name of a class. An array of texts is as wide as its longest."""


class _Line(NamedTuple):
    number: int
    cells: list[str]


def load_csv(path: Path, where: str, target: str, features: Sequence[str] | None) -> Table:
    """Reads the table in a .csv file.

    Args:
        path: The file.
        where: Its name, for messages.
        target: The column to learn; its cells are read as text.
        features: The columns to learn from, in the model's order; None for all others, in the file's order.

    Raises:
        DataError: The file is missing or malformed; the message names line and column.
    """
    header, *lines = _lines(path, where)
    names = [name.strip() for name in header.cells]
    hidden = [name for name in names if escape_controls(name) != name]
    if hidden:
        what = f"has the column {name_of(hidden[0])!r}, whose name holds control characters"
        raise DataError(f"{where}:{header.number}", what, "Rename it.")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        what = f"has the column {name_of(twice[0])!r} twice"
        raise DataError(f"{where}:{header.number}", what, "Give each its own name.")
    places = {name: place for place, name in enumerate(names)}
    wanted = [name for name in names if name != target] if features is None else list(features)
    missing = [name for name in (*wanted, target) if name not in places]
    if missing:
        what = f"lacks the columns {_quote(missing)} (it has {_quote(names)})"
        raise DataError(f"{where}:{header.number}", what, "Add them, or rename those that are there.")
    if not lines:
        raise DataError(where, "has a header and no samples", _HINT)
    if not wanted:
        raise DataError(f"{where}:{header.number}", f"has no column but {target!r}", "Add at least one feature column.")
    for line in lines:
        if len(line.cells) != len(names):
            what = f"has {len(line.cells)} cells, and the header has {len(names)}"
            raise DataError(f"{where}:{line.number}", what, "Correct that line; a comma inside a cell needs quotes.")
    columns = [_numbers(lines, places[name], name, where) for name in wanted]
    texts = [_target(line, places[target], target, where) for line in lines]
    used = {*wanted, target}
    unused = tuple(name for name in names if name not in used)
    numbers = tuple(line.number for line in lines)
    return Table(tuple(wanted), np.column_stack(columns), np.array(texts), unused, numbers)


def numbers_of(texts: Array, where: str, target: str, lines: Sequence[int] = ()) -> Array:
    """The target as float64. lines: see Table.

    Raises:
        DataError: A value is not a finite number; the message names its sample.
    """
    for index, text in enumerate(texts.tolist()):
        if _number(str(text)) is None:
            what = f"column {target!r} holds {shorten(str(text), 40)!r}, which is not a finite number"
            raise DataError(place_of(where, index, lines), what, "Correct or remove that sample.")
    return texts.astype(np.float64)


def _lines(path: Path, where: str) -> list[_Line]:
    origin = Origin(where, "Save it as CSV in UTF-8.")
    try:
        with io.TextIOWrapper(open_file(path, origin), encoding="utf-8-sig", newline="") as file:
            lines = list(_read(file, where))
    except OSError as error:
        raise origin.refuse(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise origin.refuse(f"cannot be read as a table in UTF-8 ({error})") from error
    if not lines:
        raise DataError(where, "is empty", _HINT)
    return lines


def _read(file: TextIO, where: str) -> Iterator[_Line]:
    reader = csv.reader(_bounded(file, where), strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if cells:  # not a blank line
                yield _Line(reader.line_num, cells)
    except csv.Error as error:
        hint = "Correct that line, or save the table as CSV in UTF-8."
        what = f"cannot be read as a table in UTF-8 ({error})"
        raise DataError(f"{where}:{reader.line_num}", what, hint) from error


def _bounded(file: TextIO, where: str) -> Iterator[str]:
    """The lines of a file. What has no line ends, or NUL characters as UTF-16 has them, is no table."""
    number = 0
    while line := file.readline(_MAX_LINE + 1):
        number += 1
        if len(line) > _MAX_LINE:
            what = f"has more than {_MAX_LINE:,} characters, so the file is no table"
            raise DataError(f"{where}:{number}", what, _HINT)
        if "\0" in line:
            what = "cannot be read as a table in UTF-8 (it holds a NUL character, as UTF-16 does)"
            raise DataError(f"{where}:{number}", what, "Save it as CSV in UTF-8.")
        yield line


def _numbers(lines: Sequence[_Line], place: int, name: str, where: str) -> list[float]:
    found = []
    for line in lines:
        text = _text(line, place, name, where)
        number = _number(text)
        if number is None:
            what = f"column {name_of(name)!r} holds {shorten(text, 40)!r}, which is not a finite number"
            raise DataError(f"{where}:{line.number}", what, "Correct the cell or remove the line.")
        found.append(number)
    return found


def _text(line: _Line, place: int, name: str, where: str) -> str:
    text = line.cells[place].strip()
    if not text:
        raise DataError(
            f"{where}:{line.number}", f"column {name_of(name)!r} is empty", "Fill the cell or remove the line."
        )
    return text


def _target(line: _Line, place: int, name: str, where: str) -> str:
    text = _text(line, place, name, where)
    if len(text) > _MAX_TARGET:
        what = f"column {name_of(name)!r} holds {len(text)} characters; the limit of a target is {_MAX_TARGET}"
        raise DataError(f"{where}:{line.number}", what, "Give the class a short name.")
    return text


def _number(text: str) -> float | None:
    if "_" in text:  # Python reads 1_000 as a number
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST else None  # NaN is not


def _quote(names: Sequence[str]) -> str:
    return join_names(f"'{name}'" for name in names)
