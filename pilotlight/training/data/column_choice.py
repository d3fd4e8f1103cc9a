"""Which columns of a table a model learns from.

Nothing can be learned from a column without a name, or from one that counts the rows, as an index that was written by
accident does. Where a person has not named the columns, these are left out, and a note says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.core.printable import join_names, name_of

FEWEST_COUNTED: Final = 8
"""Rows. In a shorter table 0, 1, 2, … may be a measurement."""
_UNNAMED: Final = "Unnamed: "
"""Pandas reads a column without a name as one of this name."""


class ColumnFacts(NamedTuple):
    """What the choice depends on.

    Attributes:
        name: The column; "" for one without a name.
        counts_rows: Whether it is 0, 1, 2, … or 1, 2, 3, ….
    """

    name: str
    counts_rows: bool


class Choice(NamedTuple):
    """The columns to learn from.

    Attributes:
        names: The columns, in the model's order.
        notes: What a person should know about the others, a line each.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]


def choose_columns(columns: Sequence[ColumnFacts], target: str, where: str) -> Choice:
    """Chooses all columns but the target and indexes.

    Args:
        columns: The columns of the file.
        target: The column to learn.
        where: The file's name, for messages.

    Raises:
        DataError: No column is left.
    """
    names, notes = [], []
    for place, (name, counts_rows) in enumerate(columns, 1):
        if not name:
            notes.append(f"left out column {place} of {where}, which has no name")
        elif name == target:
            continue
        elif counts_rows or (name.startswith(_UNNAMED) and name.removeprefix(_UNNAMED).isdecimal()):
            notes.append(f"left out the column {name_of(name)!r} of {where}, which is an index: it counts the rows")
        else:
            names.append(name)
    if not names:
        what = "; ".join([f"has no column to learn {name_of(target)!r} from", *notes])
        hint = "Add a feature column to the file. `features` of load_table names the columns."
        raise DataError(where, what, hint)
    return Choice(tuple(names), tuple(notes))


def choose_named(columns: Sequence[str], features: Sequence[str], target: str) -> Choice:
    """Chooses the columns that a person has named; the note tells the others.

    Args:
        columns: The columns of the file.
        features: The columns to learn from.
        target: The column to learn.
    """
    unused = [name or "one without a name" for name in columns if name not in {*features, target}]
    return Choice(tuple(features), (f"unused columns: {', '.join(map(name_of, unused))}",) if unused else ())


def check_columns(where: str, columns: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises DataError where a table lacks columns that are wanted. where: its header, for messages."""
    missing = [name for name in dict.fromkeys(wanted) if name not in columns]
    if missing:
        what = f"lacks the columns {_quote(missing)} (it has {_quote(columns)})"
        raise DataError(where, what, "Add them, or rename those that are there.")


def counts_rows(numbers: Any) -> bool:
    """Returns whether the numbers of a column count its rows from 0 or from 1."""
    if len(numbers) < FEWEST_COUNTED or numbers[0] not in (0, 1):
        return False
    return bool((numbers == numbers[0] + np.arange(len(numbers))).all())


def _quote(names: Sequence[str]) -> str:
    return join_names(f"'{name}'" for name in names)
