"""Shapes that are computed in the graph: BroadcastArgs, the shape of two operands together; Empty, a tensor of one."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto, helper

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, NoForm


def _broadcast_shapes(build: Builder) -> str:
    """A dimension of 1 takes the size of the other one. The shorter shape begins with dimensions of 1."""
    counts = [build.shape(position)[0] for position in (0, 1)]
    if -1 in counts:
        raise NoForm("the rank of its operands is unknown")
    kind = np.int64 if build.graph.get_dtype(build.inputs[0]) == 7 else np.int32
    first, second = (
        build.add("Concat", np.ones(max(counts) - count, kind), name, axis=0) if count < max(counts) else name
        for name, count in zip(build.inputs, counts, strict=True)
    )
    return build.add("Where", build.add("Equal", first, np.array(1, kind)), second, first)


def _make_zeros(build: Builder) -> str:
    """What is in an empty tensor is open, so zeros are an answer."""
    datatype = build.graph.get_dtype(build.node.output[0])
    zero = helper.make_tensor("value", datatype, [1], [0])
    return build.add("ConstantOfShape", build.cast(build.inputs[0], TensorProto.INT64), value=zero)


EXPRESSIONS: Final[Expressions] = {"BroadcastArgs": _broadcast_shapes, "Empty": _make_zeros}
