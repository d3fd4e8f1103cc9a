"""Classes as a data set has them, texts or whole numbers, as the numbers that a model learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.table import place_of


def as_classes(*parts: Array, labels: Sequence[str], where: str, lines: Sequence[int] = ()) -> list[Array]:
    """Each part as int64 of 0..classes-1, numbered alike.

    labels: the names in the model's order; texts must be among them, whole numbers count them. Where empty, classes are
    numbered in sorted order. lines: of a single part, see Table. DataError calls the source `where`.
    """
    for part in parts:
        if part.ndim != 1 or part.dtype.kind not in "iuU":
            what = f"has classes of {part.dtype} and shape {list(part.shape)}"
            raise DataError(where, what, "Give each sample one name or one whole number.")
    if labels and all(part.dtype.kind in "iu" for part in parts):
        return [_counted(part, labels, where) for part in parts]
    texts = [part.astype(str) for part in parts]
    names = list(labels) or _sorted(np.unique(np.concatenate(texts)).tolist())
    return [_numbered(part, names, where, lines) for part in texts]


def check_classes(arrays: Arrays, labels: Sequence[str], where: str) -> None:
    """DataError where the held-out part has a class that cannot be learned, or where one of `labels` cannot be."""
    learned = set(arrays.y_train.tolist())
    unseen = sorted(set(arrays.y_test.tolist()) - learned)
    if unseen:
        what = f"holds out the class {_named(unseen[0], labels)}, of which there is nothing to learn from"
        raise DataError(where, what, "Move a sample of it into the training part.")
    absent = sorted(set(range(max(len(labels), max(learned) + 1))) - learned)
    if absent:
        what = f"has no sample of the class {_named(absent[0], labels)} to learn from"
        raise DataError(where, what, "Add samples of it, or leave it out of [labels] in model.toml.")
    if len(learned) < 2:
        raise DataError(where, "has one class only", "Classes are told apart; give samples of at least two.")


def _counted(part: Array, labels: Sequence[str], where: str) -> Array:
    found = part.astype(np.int64)
    wrong = found[(found < 0) | (found >= len(labels))]
    if len(wrong):
        what = f"has the class {int(wrong[0])}, and model.toml names {len(labels)}"
        raise DataError(where, what, f"Classes are 0..{len(labels) - 1}, in the order of [labels].")
    return found


def _numbered(part: Array, names: Sequence[str], where: str, lines: Sequence[int]) -> Array:
    place = {name: index for index, name in enumerate(names)}
    for index, name in enumerate(part.tolist()):
        if name not in place:
            what = f"has the class {name[:40]!r}, which model.toml does not name"
            raise DataError(place_of(where, index, lines), what, f"[labels] has {', '.join(names)}.")
    return np.array([place[name] for name in part.tolist()], np.int64)


def _sorted(names: list[str]) -> list[str]:
    """As numbers where all are, so that 10 follows 9."""
    whole = all(name.removeprefix("-").isdecimal() for name in names)
    return sorted(names, key=int) if whole else sorted(names)


def _named(number: int, labels: Sequence[str]) -> str:
    return repr(labels[number]) if number < len(labels) else str(number)
