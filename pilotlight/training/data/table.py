"""A table of samples, before it is split into what is learned from and what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pilotlight.core.artifacts import Array


class Table(NamedTuple):
    """columns: the features' names. features: float64 of shape (n, columns). target: n texts or numbers.

    left_out: columns of the file that are not used. lines: of each sample in the file, empty without one.
    """

    columns: tuple[str, ...]
    features: Array
    target: Array
    left_out: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


def place_of(where: str, index: int, lines: Sequence[int]) -> str:
    """How messages call the sample at `index`: by its line in the file, where it has one, else by its number."""
    return f"{where}:{lines[index]}" if lines else f"{where}, sample {index + 1}"
