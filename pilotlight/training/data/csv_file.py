"""A table in a .csv file: a header with the columns' names, then one sample a line, commas between cells, UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.table import Table, place_of

_HINT: Final = "It needs a header with the columns' names, and a line for each sample below."
_LARGEST: Final = float(np.finfo(np.float32).max)
"""Models take single precision, in which larger numbers are infinite."""


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
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{where}:{header.number}", f"has the column {twice[0]!r} twice", "Give each its own name.")
    wanted = [name for name in names if name != target] if features is None else list(features)
    missing = [name for name in (*wanted, target) if name not in names]
    if missing:
        what = f"lacks the columns {_join(missing)} (it has {_join(names)})"
        raise DataError(f"{where}:{header.number}", what, "Add them, or rename those that are there.")
    if not lines:
        raise DataError(where, "has a header and no samples", _HINT)
    if not wanted:
        raise DataError(f"{where}:{header.number}", f"has no column but {target!r}", "Add at least one feature column.")
    for line in lines:
        if len(line.cells) != len(names):
            what = f"has {len(line.cells)} cells, and the header has {len(names)}"
            raise DataError(f"{where}:{line.number}", what, "Correct that line; a comma inside a cell needs quotes.")
    columns = [_numbers(lines, names.index(name), name, where) for name in wanted]
    texts = [_text(line, names.index(target), target, where) for line in lines]
    unused = tuple(name for name in names if name not in (*wanted, target))
    places = tuple(line.number for line in lines)
    return Table(tuple(wanted), np.column_stack(columns), np.array(texts), unused, places)


def numbers_of(texts: Array, where: str, target: str, lines: Sequence[int] = ()) -> Array:
    """The target as float64. lines: see Table.

    Raises:
        DataError: A value is not a finite number; the message names its sample.
    """
    for index, text in enumerate(texts.tolist()):
        if _number(str(text)) is None:
            what = f"column {target!r} holds {str(text)[:40]!r}, which is not a finite number"
            raise DataError(place_of(where, index, lines), what, "Correct or remove that sample.")
    return texts.astype(np.float64)


def _lines(path: Path, where: str) -> list[_Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_read(file))
    except FileNotFoundError as error:
        raise DataError(where, "does not exist", "Check the path.") from error
    except OSError as error:
        raise DataError(where, f"cannot be read ({error.strerror})", "Check the path.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(where, f"cannot be read as a table in UTF-8 ({error})", "Save it as CSV in UTF-8.") from error
    if not lines:
        raise DataError(where, "is empty", _HINT)
    return lines


def _read(file: Iterator[str]) -> Iterator[_Line]:
    reader = csv.reader(file, strict=True, skipinitialspace=True)
    for cells in reader:
        if cells:  # not a blank line
            yield _Line(reader.line_num, cells)


def _numbers(lines: Sequence[_Line], place: int, name: str, where: str) -> list[float]:
    found = []
    for line in lines:
        text = _text(line, place, name, where)
        number = _number(text)
        if number is None:
            what = f"column {name!r} holds {text[:40]!r}, which is not a finite number"
            raise DataError(f"{where}:{line.number}", what, "Correct the cell or remove the line.")
        found.append(number)
    return found


def _text(line: _Line, place: int, name: str, where: str) -> str:
    text = line.cells[place].strip()
    if not text:
        raise DataError(f"{where}:{line.number}", f"column {name!r} is empty", "Fill the cell or remove the line.")
    return text


def _number(text: str) -> float | None:
    if "_" in text:  # Python reads 1_000 as a number
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST else None  # NaN is not


def _join(names: Sequence[str], limit: int = 6) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")
