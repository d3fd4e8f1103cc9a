"""Accuracy: the share of samples that a model gets entirely right, from classes or from scores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.artifacts import Array, NamedArrays

_ROUNDING: Final = 1e-3
_NUMBER: Final = re.compile(r"(\d+)$")


def accuracy(outputs: NamedArrays, labels: Array) -> float:
    """Compute the share of samples whose labels are all right, as sklearn.metrics.accuracy_score does.

    The first rule that fits gives the answers of the model:

    1. An output of floats [n, classes] or [n, targets, classes]: the position of the highest score. So too an output
       [n, classes] for each of several targets, whose names end in the numbers of the targets: y_0, y_1.
    2. An output of whole numbers, texts or booleans with as many values as labels: the values themselves.
    3. An output of floats with as many values as labels, which are all 0 or 1: whether the score is above 0.5, or
       above 0 where the scores do not all lie between 0 and 1.
    4. As many outputs of floats [n, classes] as targets, in the order of the targets: the position of the highest score
       of each.

    Args:
        outputs: The outputs by name.
        labels: One label for each sample, [n] or [n, 1], or one for each target, [n, targets]: whole numbers, booleans,
            or texts as the model answers them.

    Returns:
        The share, from 0 to 1.

    Raises:
        ValueError: The outputs or the labels do not fit.
    """
    truth = np.asarray(labels)
    truth = truth.reshape(len(truth), -1) if truth.ndim else truth.reshape(1, 1)
    for answer in (_from_scores, _from_classes, _from_binary_scores, _from_ordered_scores):
        found = answer(outputs, truth)
        if found is not None:
            return float(np.mean(np.all(_decode(found) == _decode(truth), axis=1)))
    shapes = ", ".join(f"{name} {array.dtype} {list(array.shape)}" for name, array in outputs.items())
    raise ValueError(
        "accuracy needs scores of shape [n, classes] and whole-number labels, or classes like the labels; not "
        f"{shapes} and {truth.dtype} labels of {list(np.shape(labels))}"
    )


def _from_scores(outputs: Mapping[str, Array], truth: Array) -> Array | None:
    if truth.dtype.kind not in "iub":
        return None
    targets = truth.shape[1]
    for array in outputs.values():
        if array.dtype.kind != "f" or array.shape[-1] < 2:
            continue
        if array.ndim == 2 and targets == 1:
            return np.asarray(np.argmax(array, axis=1)[:, None])
        if array.ndim == 3 and array.shape[:2] == truth.shape:
            return np.asarray(np.argmax(array, axis=2))
    return _from_numbered_scores(outputs, truth)


def _from_numbered_scores(outputs: Mapping[str, Array], truth: Array) -> Array | None:
    """Return the classes from one output of scores for each target, by the number at the end of its name."""
    numbered: dict[int, Array] = {}
    for name, array in _list_scores(outputs, truth).items():
        if (found := _NUMBER.search(name)) is not None:
            numbered.setdefault(int(found[1]), array)
    if truth.shape[1] < 2 or sorted(numbered) != list(range(truth.shape[1])):
        return None
    return np.stack([np.argmax(numbered[target], axis=1) for target in sorted(numbered)], axis=1)


def _from_ordered_scores(outputs: Mapping[str, Array], truth: Array) -> Array | None:
    """Return the classes from as many outputs of scores as there are targets."""
    scores = _list_scores(outputs, truth)
    if truth.dtype.kind not in "iub" or truth.shape[1] < 2 or len(scores) != truth.shape[1]:
        return None
    return np.stack([np.argmax(array, axis=1) for array in scores.values()], axis=1)


def _list_scores(outputs: Mapping[str, Array], truth: Array) -> dict[str, Array]:
    """Return the outputs that hold a score for each class of one target."""
    return {
        name: array
        for name, array in outputs.items()
        if array.dtype.kind == "f" and array.ndim == 2 and array.shape[1] > 1 and len(array) == len(truth)
    }


def _from_classes(outputs: Mapping[str, Array], truth: Array) -> Array | None:
    kinds = "OSU" if truth.dtype.kind in "OSU" else "iub"
    for array in outputs.values():
        if array.dtype.kind in kinds and array.size == truth.size and len(array) == len(truth):
            return array.reshape(truth.shape)
    return None


def _from_binary_scores(outputs: Mapping[str, Array], truth: Array) -> Array | None:
    if truth.dtype.kind not in "iub" or not np.isin(truth, (0, 1)).all():
        return None
    for array in outputs.values():
        if array.dtype.kind == "f" and array.size == truth.size and len(array) == len(truth):
            scores = array.astype(np.float64).reshape(truth.shape)
            return np.asarray(scores > _find_threshold(scores)).astype(np.int64)
    return None


def _find_threshold(scores: NDArray[np.float64]) -> float:
    """Return 0.5 for probabilities, which a converted model may round beyond their range, and 0 for any other score."""
    return 0.5 if scores.size and scores.min() >= -_ROUNDING and scores.max() <= 1 + _ROUNDING else 0.0


def _decode(array: Array) -> Array:
    """Return texts as str, and anything else as it is."""
    if array.dtype.kind not in "OS":
        return array
    texts = [each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in array.ravel().tolist()]
    return np.array(texts, dtype=object).reshape(array.shape)
