"""Accepts either class of a classifier where its scores tie.

Half of the trees of a forest may vote for each of two classes. Then rounding decides, and both classes are right. Of
the outputs of a classifier only those can be judged whose scores are an output too.
"""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.model_config import ParityConfig
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.signature import Signature


def resolve_label_ties(
    expected: NamedArrays, found: NamedArrays, signature: Signature, parity: ParityConfig
) -> NamedArrays:
    """Accept the classes of the ONNX model where the source's scores tie.

    Args:
        expected: The outputs of a classifier whose classes are numbered from 0.
        found: The outputs of the ONNX model.
        signature: The outputs of the classifier: classes INT64 [-1], scores FP32 [-1, classes].
        parity: The tolerances of the gate. Scores tie where they differ by at most twice the tolerance.

    Returns:
        `expected`, with the classes of `found` where scores tie.
    """
    labels = [spec.name for spec in signature.outputs if spec.datatype is INT64 and len(spec.shape) == 1]
    scores = [
        spec for spec in signature.outputs if spec.datatype is FP32 and len(spec.shape) == 2 and spec.shape[1] > 1
    ]
    if not scores:
        return expected
    values = np.asarray(expected[scores[0].name], np.float64)
    best = values.max(axis=1)
    resolved = dict(expected)
    for name in labels:
        places = np.asarray(found.get(name, ()), np.int64)
        if places.shape != best.shape:
            continue
        known = (places >= 0) & (places < values.shape[1])
        chosen = np.where(known, values[np.arange(len(values)), np.where(known, places, 0)], -np.inf)
        tied = chosen >= best - 2 * (parity.atol + parity.rtol * np.abs(best))
        resolved[name] = np.where(tied, places, expected[name])
    return resolved
