"""A table of samples, before it is split into what is learned from and what is held out."""

from __future__ import annotations

from typing import NamedTuple

from pilotlight.core.artifacts import Array


class Table(NamedTuple):
    """columns: the features' names. features: float64 of shape (n, columns). target: n texts or numbers.

    left_out: columns of the file that are not used.
    """

    columns: tuple[str, ...]
    features: Array
    target: Array
    left_out: tuple[str, ...] = ()
