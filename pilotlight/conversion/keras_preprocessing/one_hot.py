"""OneHot of any datatype and rank. tf2onnx has it for 32-bit floats alone."""

from __future__ import annotations

from onnx import TensorProto

from pilotlight.conversion.keras_preprocessing.builder import Builder


def rewrite_one_hot(builder: Builder) -> None:
    """Replace OneHot. An id that is outside has no column, a negative one too."""
    ids, depth, on, off = builder.node.input
    datatype = builder.graph.get_dtype(builder.node.output[0])
    rank, axis = builder.rank(ids), builder.node.get_attr_value("axis", -1)
    axis = axis if axis >= 0 else rank
    count = builder.cast(depth, TensorProto.INT64)
    if datatype in (TensorProto.FLOAT, TensorProto.INT64):
        inside = builder.cast(ids, TensorProto.INT64)
        # ONNX counts a negative id from the end.
        inside = builder.add("Where", builder.add("Less", inside, builder.scalar(0)), count, inside)
        ends = [builder.add("Reshape", end, builder.ints(1)) for end in (off, on)]
        builder.answer(builder.add("OneHot", inside, count, builder.add("Concat", *ends, axis=0), axis=axis))
        return
    wide = builder.add("Unsqueeze", builder.cast(ids, TensorProto.INT64), builder.ints(axis))
    columns = builder.add("Range", builder.scalar(0), builder.add("Squeeze", count), builder.scalar(1))
    shape = builder.ints(*(-1 if place == axis else 1 for place in range(rank + 1)))
    hit = builder.add("Equal", wide, builder.add("Reshape", columns, shape))
    builder.answer(builder.cast(builder.add("Where", hit, on, off), datatype))
