"""The target of a table: classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.training.data.cell_numbers import parse_plain
from pilotlight.training.data.classes import list_classes, number_classes

MOST_CLASSES: Final = 20
"""Whole numbers of more values are quantities."""


class Target(NamedTuple):
    """What a model learns to predict.

    Attributes:
        values: int64 of 0..classes-1 for named classes, int64 for whole numbers, else float64; of shape (n,).
        names: The names of the classes by their number; empty where they have none.
        is_class: Whether the values are classes: named ones, or whole numbers of few values.
    """

    values: Array
    names: tuple[str, ...]
    is_class: bool


def read_target(texts: Array, labels: Sequence[str], where: str, lines: Sequence[int] = ()) -> Target:
    """Reads the target of a table.

    Args:
        texts: One text for each sample.
        labels: The names of the classes in the model's order; empty where model.toml has no [labels].
        where: The data source's name, for messages.
        lines: See Table.

    Raises:
        DataError: A class is not among the labels.
    """
    numbers = None if labels else find_numbers(texts)
    if numbers is not None:
        few = len(np.unique(numbers)) <= MOST_CLASSES
        return Target(numbers, (), numbers.dtype.kind == "i" and few)
    names = tuple(labels) or tuple(list_classes(texts))
    (values,) = number_classes(texts, labels=names, where=where, lines=lines)
    return Target(values, names, is_class=True)


def find_numbers(texts: Array) -> Array | None:
    """Returns texts as int64 where all are whole numbers, else as float64; None where one is no number."""
    found = parse_plain(texts.tolist())
    if found is None:
        return None
    cast: Array = found.astype(np.int64) if (found == np.floor(found)).all() else found
    return cast
