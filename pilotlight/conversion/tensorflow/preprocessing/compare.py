"""Comparisons of strings, and numbers as strings."""

from __future__ import annotations

from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder


def rewrite_equal(builder: Builder) -> None:
    """Replace Equal or NotEqual of strings. Other datatypes stay for tf2onnx."""
    if builder.graph.get_dtype(builder.node.input[0]) != TensorProto.STRING:
        return
    same = builder.add("Equal", *builder.node.input)
    builder.answer(same if builder.node.type == "Equal" else builder.add("Not", same))


def rewrite_as_string(builder: Builder) -> None:
    """Replace AsString of integers.

    Raises:
        ConversionError: The values are not integers, or are formatted.
    """
    integers = (TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.INT8, TensorProto.UINT8)
    node = builder.node
    if builder.graph.get_dtype(node.input[0]) not in integers or node.get_attr_value("width", -1) > 0:
        builder.refuse("writes numbers as texts, which ONNX does in another form")
    builder.answer(builder.cast(node.input[0], TensorProto.STRING))


def rewrite_string_join(builder: Builder) -> None:
    """Replace StringJoin."""
    separator = builder.node.get_attr_str("separator")
    joined, *others = builder.node.input
    for other in others:
        joined = builder.add("StringConcat", joined, builder.words(separator)) if separator else joined
        joined = builder.add("StringConcat", joined, other)
    builder.answer(joined)
