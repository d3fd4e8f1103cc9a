"""Positions in a sorted sequence: Bucketize, LowerBound and UpperBound count the borders below each value.

Every value is compared with every border, so the memory grows with both.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, is_float


def _bucketize(build: Builder) -> str:
    """The number of borders that are at most the value; all of them for NaN."""
    (given,) = build.inputs
    borders = np.asarray(build.attribute("boundaries"), np.float32)
    if is_float(build.datatype):
        value = build.cast(given, TensorProto.FLOAT) if build.datatype != TensorProto.DOUBLE else given
        kind = np.float64 if build.datatype == TensorProto.DOUBLE else np.float32
    else:
        value, kind = build.cast(given, TensorProto.DOUBLE), np.float64
    column = build.add("Unsqueeze", value, [-1])
    below = build.add("Not", build.add("Less", column, borders.astype(kind)))
    return _count(build, below, TensorProto.INT32)


def _bound(comparison: str) -> Any:
    def find(build: Builder) -> str:
        """The sequences lie along the last axis of a matrix, and the values in the rows of another."""
        sequences = build.add("Unsqueeze", build.inputs[0], [1])
        values = build.add("Unsqueeze", build.inputs[1], [2])
        below = build.add(comparison, sequences, values)
        return _count(build, below, build.node.output_dtypes[0])

    return find


def _count(build: Builder, flags: str, datatype: int) -> str:
    numbers = build.cast(flags, TensorProto.INT64)
    return build.cast(build.add("ReduceSum", numbers, [-1], keepdims=0), datatype)


EXPRESSIONS: Final[Expressions] = {
    "Bucketize": _bucketize,
    "LowerBound": _bound("Less"),
    "UpperBound": _bound("LessOrEqual"),
}
