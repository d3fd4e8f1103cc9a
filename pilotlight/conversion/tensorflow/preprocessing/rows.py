"""Arithmetic on ragged rows: values with one axis, and which row each belongs to."""

from __future__ import annotations

from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder


def number_positions(builder: Builder, name: str) -> str:
    """Return 0, 1, … for the first axis of a tensor."""
    return builder.add("Range", builder.scalar(0), builder.add("Squeeze", builder.size(name, 0)), builder.scalar(1))


def make_zeros(builder: Builder, shape: str) -> str:
    """Return INT64 zeros in a shape."""
    return builder.add("Expand", builder.scalar(0), shape)


def find_rows(builder: Builder, splits: str, values: str) -> str:
    """Return the row of each value.

    Args:
        builder: The graph.
        splits: Where each row begins, and where the last ends; INT64.
        values: The values.
    """
    # A one is added where a row begins. The sum up to a value is then the number of its row.
    begins = builder.slice(splits, builder.ints(1), builder.ints(-1))
    size = builder.add("Add", builder.size(values, 0), builder.ints(1))
    marks = add_at(builder, make_zeros(builder, size), begins, make_ones(builder, begins))
    sums = builder.add("CumSum", marks, builder.scalar(0))
    return builder.slice(sums, builder.ints(0), builder.ints(-1))


def make_ones(builder: Builder, name: str) -> str:
    """Return INT64 ones in the shape of a tensor."""
    return builder.add("Expand", builder.scalar(1), builder.add("Shape", name))


def add_at(builder: Builder, data: str, positions: str, values: str) -> str:
    """Add values to elements of a tensor with one axis."""
    return builder.add("ScatterElements", data, positions, values, axis=0, reduction="add")


def count_rows(builder: Builder, rows: str, count: str) -> str:
    """Return how many values each of `count` rows has."""
    return add_at(builder, make_zeros(builder, count), rows, make_ones(builder, rows))


def read_row_splits(builder: Builder, counts: str) -> str:
    """Return where each row begins and where the last ends, of the lengths of the rows."""
    return builder.add("Concat", builder.ints(0), builder.add("CumSum", counts, builder.scalar(0)), axis=0)


def as_int64(builder: Builder, name: str) -> str:
    """Return integers as INT64."""
    return builder.cast(name, TensorProto.INT64)
