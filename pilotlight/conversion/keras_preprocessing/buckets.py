"""Bucketize (Discretization): the number of boundaries that are not larger than a value."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.keras_preprocessing.builder import Builder


def rewrite_buckets(builder: Builder) -> None:
    """Replace Bucketize. NaN is in the last bucket, as in TensorFlow."""
    values = builder.node.input[0]
    double = builder.graph.get_dtype(values) == TensorProto.DOUBLE
    boundaries = builder.node.get_attr_value("boundaries")
    limits = builder.graph.make_const(
        f"{builder.node.name}/boundaries", np.array(boundaries, np.float64 if double else np.float32)
    ).output[0]
    numbers = builder.cast(values, TensorProto.DOUBLE if double else TensorProto.FLOAT)
    below = builder.add("Less", builder.add("Unsqueeze", numbers, builder.ints(-1)), limits)
    reached = builder.cast(builder.add("Not", below), TensorProto.INT32)
    builder.answer(builder.add("ReduceSum", reached, builder.ints(-1), keepdims=0))
