"""Classes of a data set, texts or whole numbers, become the numbers that a model learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import join_names, shorten
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.cell_numbers import parse_number
from pilotlight.training.data.table import place_of

_MAX_DIGITS: Final = 20
"""Longer names are texts. Python refuses to read numbers of more than 4,300 digits."""


def number_classes(*parts: Array, labels: Sequence[str], where: str, lines: Sequence[int] = ()) -> list[Array]:
    """Numbers the classes of all parts alike.

    Args:
        parts: Names or whole numbers, shape (n,) each.
        labels: The names in the model's order. Names must be among them; whole numbers are places in them. Without
            labels, classes are numbered in sorted order.
        where: The data source's name, for messages.
        lines: Of a single part, see Table.

    Returns:
        Each part as int64 of 0..classes-1.

    Raises:
        DataError: A class is not known, or is neither a name nor a whole number.
    """
    for part in parts:
        if part.ndim != 1 or part.dtype.kind not in "iuU":
            what = f"has classes of {part.dtype} and shape {list(part.shape)}"
            raise DataError(where, what, "Give each sample one name or one whole number.")
    if labels and all(part.dtype.kind in "iu" for part in parts):
        return [_check_numbers(part, labels, where) for part in parts]
    texts = [part.astype(str) for part in parts]
    if not labels:
        joined = unify_numbers(np.concatenate(texts))
        texts = np.split(joined, np.cumsum([len(part) for part in parts])[:-1])
    names = list(labels) or list_classes(np.concatenate(texts))
    return [_number(part, names, where, lines) for part in texts]


def list_classes(texts: Array) -> list[str]:
    """The different texts, sorted as numbers where all are whole numbers."""
    return _sort(np.unique(texts).tolist())


def unify_numbers(texts: Array) -> Array:
    """Returns texts with one text for each number, where all are numbers and equal ones are written differently."""
    numbers = {text: parse_number(text) for text in set(texts.tolist())}
    if None in numbers.values() or len(set(numbers.values())) == len(numbers):
        return texts
    names = {
        text: f"{number:.0f}" if number.is_integer() else repr(number)
        for text, number in numbers.items()
        if number is not None
    }
    return np.array([names[text] for text in texts.tolist()])


def check_classes(arrays: Arrays, labels: Sequence[str], where: str) -> None:
    """Raises DataError where a class of the held-out part or one of `labels` has no training sample."""
    learned = set(arrays.y_train.tolist())
    unseen = sorted(set(arrays.y_test.tolist()) - learned)
    if unseen:
        what = f"has held-out samples of the class {_name(unseen[0], labels)}, and no training samples of it"
        raise DataError(where, what, "Move a sample of that class into the training part.")
    absent = sorted(set(range(max(len(labels), max(learned) + 1))) - learned)
    if absent:
        what = f"has no training sample of the class {_name(absent[0], labels)}"
        raise DataError(where, what, "Add samples of that class, or remove it from [labels] in model.toml.")
    if len(learned) < 2:
        raise DataError(where, "has only one class", "Add samples of a second class.")


def _check_numbers(part: Array, labels: Sequence[str], where: str) -> Array:
    found = part.astype(np.int64)
    wrong = found[(found < 0) | (found >= len(labels))]
    if len(wrong):
        what = f"has the class {int(wrong[0])}, and model.toml names {len(labels)}"
        raise DataError(where, what, f"Classes are 0..{len(labels) - 1}, in the order of [labels].")
    return found


def _number(part: Array, names: Sequence[str], where: str, lines: Sequence[int]) -> Array:
    place = _find_places(part, names)
    for index, name in enumerate(part.tolist()):
        if name not in place:
            what = f"has the class {shorten(name, 40)!r}, which model.toml does not name"
            raise DataError(place_of(where, index, lines), what, f"[labels] has {join_names(names)}.")
    return np.array([place[name] for name in part.tolist()], np.int64)


def _find_places(part: Array, names: Sequence[str]) -> dict[str, int]:
    """Return the place of each name, and of each text of a part that is a number equal to one name."""
    place = {name: index for index, name in enumerate(names)}
    others = set(part.tolist()) - set(place)
    numbers = [parse_number(name) for name in names] if others else []
    if numbers and None not in numbers and len(set(numbers)) == len(numbers):
        equal = {text: parse_number(text) for text in others}
        place |= {text: numbers.index(number) for text, number in equal.items() if number in numbers}
    return place


def _sort(names: list[str]) -> list[str]:
    """Sorted as numbers where all are whole numbers, so that 10 follows 9."""
    whole = all(name.removeprefix("-").isdecimal() and len(name) <= _MAX_DIGITS for name in names)
    return sorted(names, key=int) if whole else sorted(names)


def _name(number: int, labels: Sequence[str]) -> str:
    return repr(labels[number]) if number < len(labels) else str(number)
