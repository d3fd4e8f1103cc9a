"""FloorMod of integers (IntegerLookup with several places for unknown numbers)."""

from __future__ import annotations

from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder


def rewrite_floor_mod(builder: Builder) -> None:
    """Replace FloorMod of integers, which tf2onnx computes with 32-bit floats. Others stay for tf2onnx."""
    if builder.graph.get_dtype(builder.node.output[0]) in (TensorProto.INT32, TensorProto.INT64):
        builder.answer(builder.add("Mod", *builder.node.input))
