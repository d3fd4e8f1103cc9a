"""A table of samples, before it is split into the training part and the held-out part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pilotlight.core.artifacts import Array


class Table(NamedTuple):
    """A table of numbers.

    Attributes:
        columns: The names of the features.
        features: float64 of shape (n, columns).
        target: n texts or numbers.
        notes: What a person should know about the file, a line each.
        lines: The line of each sample in the file; empty without a file.
    """

    columns: tuple[str, ...]
    features: Array
    target: Array
    notes: tuple[str, ...] = ()
    lines: Sequence[int] = ()


class MixedTable(NamedTuple):
    """A table whose columns differ in datatype.

    Attributes:
        columns: Arrays of shape (n,) by column: floats with NaN for a blank, int64, bool, or objects of str with "" for
            a blank.
        target: n texts, none of them blank.
        notes: See Table.
        lines: See Table.
    """

    columns: Mapping[str, Array]
    target: Array
    notes: tuple[str, ...] = ()
    lines: Sequence[int] = ()


def place_of(where: str, index: int, lines: Sequence[int]) -> str:
    """The name of the sample at `index` in messages: its line in the file, or its number without a file."""
    return f"{where}:{lines[index]}" if len(lines) else f"{where}, sample {index + 1}"
