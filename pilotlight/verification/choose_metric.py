"""The metric that fits a model, where model.toml says "auto".

what the model is            labels                                  metric
classifier                   any                                     accuracy
regressor                    numbers                                 r2; mean_absolute_error where they are equal
clusterer, mixture           whole numbers                           adjusted_rand
outlier detector             1 and -1                                accuracy
transformer, search          any                                     none
anything else                whole numbers, an output of scores      accuracy
  (Keras, PyTorch, ONNX)     [n, k], an output of scores a target    accuracy
                             whole numbers, an output like them      accuracy
                             0 and 1, an output of floats like them  accuracy
                             numbers, an output of floats like them  r2, or mean_absolute_error as above
                             texts, an output of texts               exact_match
                             anything else                           none
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import TensorSpec


def choose_metric(kind: str, outputs: Sequence[TensorSpec], labels: Array) -> str:
    """Choose the metric that fits a model.

    Args:
        kind: What the model is, such as "classifier"; "" where its framework does not say.
        outputs: The outputs that the labels belong to.
        labels: The labels of the held-out samples.

    Returns:
        The name of a metric; "" for none.
    """
    truth = np.asarray(labels)
    if truth.ndim == 0 or truth.size == 0:
        return ""
    numbers, whole = truth.dtype.kind in "iufb", truth.dtype.kind in "iu"
    if kind == "classifier":
        return "accuracy"
    if kind == "regressor":
        return _choose_error(truth) if numbers else ""
    if kind in ("clusterer", "mixture"):
        return "adjusted_rand" if whole and truth.ndim == 1 else ""
    if kind == "outlier detector":
        return "accuracy" if numbers and np.isin(truth, (-1, 1)).all() else ""
    return "" if kind else _choose_by_shapes(outputs, truth)


def _choose_by_shapes(outputs: Sequence[TensorSpec], truth: Array) -> str:
    like = [spec for spec in outputs if _holds_as_many(spec, truth)]
    floats = [spec for spec in like if spec.datatype.numpy.startswith("float")]
    if truth.dtype.kind in "OSU":
        return "exact_match" if truth.ndim == 1 and any(spec.datatype is BYTES for spec in like) else ""
    if truth.dtype.kind in "iub":
        scores, targets = sum(map(_holds_scores, outputs)), truth.size // len(truth)
        scored = scores > 0 if targets == 1 else scores == targets and not like
        if scored or any(spec not in floats and spec.datatype is not BYTES for spec in like):
            return "accuracy"
        if floats and np.isin(truth, (0, 1)).all():
            return "accuracy"
    return _choose_error(truth) if floats and truth.dtype.kind in "iuf" and truth.ndim <= 2 else ""


def _holds_scores(spec: TensorSpec) -> bool:
    return len(spec.shape) == 2 and spec.shape[1] != 1 and spec.datatype.numpy.startswith("float")


def _holds_as_many(spec: TensorSpec, truth: Array) -> bool:
    """Return whether an output holds as many values for a sample as there are labels for it."""
    sizes = spec.shape[1:]
    return all(size > 0 for size in sizes) and int(np.prod(sizes)) * len(truth) == truth.size


def _choose_error(truth: Array) -> str:
    targets = truth.reshape(len(truth), -1)
    return "r2" if (targets != targets[:1]).any(axis=0).all() else "mean_absolute_error"
