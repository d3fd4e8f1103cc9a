"""OneHot of ids that may be negative: a negative id has no column."""

from __future__ import annotations

from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder


def rewrite_one_hot(builder: Builder) -> None:
    """Replace OneHot of 32-bit floats. ONNX counts a negative id from the end, which TensorFlow does not."""
    ids, depth, on, off = builder.node.input
    if builder.graph.get_dtype(builder.node.output[0]) != TensorProto.FLOAT:
        return
    count = builder.cast(depth, TensorProto.INT64)
    known = builder.cast(ids, TensorProto.INT64)
    inside = builder.add("Where", builder.add("Less", known, builder.scalar(0)), count, known)
    values = builder.add("Concat", *(builder.add("Reshape", end, builder.ints(1)) for end in (off, on)), axis=0)
    axis = builder.node.get_attr_value("axis", -1)
    builder.answer(builder.add("OneHot", inside, count, values, axis=axis))
