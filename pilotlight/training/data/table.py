"""A table of samples, before it is split into the training part and the held-out part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pilotlight.core.artifacts import Array


class Table(NamedTuple):
    """A table.

    Attributes:
        columns: The names of the features.
        features: float64 of shape (n, columns).
        target: n texts or numbers.
        unused: Columns of the file that are not used.
        lines: The line of each sample in the file; empty without a file.
    """

    columns: tuple[str, ...]
    features: Array
    target: Array
    unused: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


def place_of(where: str, index: int, lines: Sequence[int]) -> str:
    """The name of the sample at `index` in messages: its line in the file, or its number without a file."""
    return f"{where}:{lines[index]}" if lines else f"{where}, sample {index + 1}"
