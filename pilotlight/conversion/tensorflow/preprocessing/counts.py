"""DenseBincount and RaggedBincount: how often each id occurs in a row, or whether it does."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder
from pilotlight.conversion.tensorflow.preprocessing.rows import as_int64, find_rows, number_positions


def rewrite_dense_counts(builder: Builder) -> None:
    """Replace DenseBincount of one or two axes."""
    ids, size, weights = builder.node.input
    rank = builder.rank(ids)
    matrix = as_int64(builder, ids)
    if rank == 1:
        matrix = builder.add("Unsqueeze", matrix, builder.ints(0))
    count = builder.size(matrix, 0)
    rows = builder.add("Unsqueeze", number_positions(builder, matrix), builder.ints(1))
    rows = builder.flatten(builder.add("Expand", rows, builder.add("Shape", matrix)))
    answer = _count(builder, (rows, builder.flatten(matrix)), count, size, weights)
    builder.answer(builder.add("Squeeze", answer, builder.ints(0)) if rank == 1 else answer)


def rewrite_ragged_counts(builder: Builder) -> None:
    """Replace RaggedBincount."""
    splits, values, size, weights = builder.node.input
    splits = as_int64(builder, splits)
    count = builder.add("Sub", builder.size(splits, 0), builder.ints(1))
    rows = find_rows(builder, splits, values)
    builder.answer(_count(builder, (rows, as_int64(builder, values)), count, size, weights))


def _count(builder: Builder, places: tuple[str, str], count: str, size: str, weights: str) -> str:
    """Return the matrix of `count` rows and `size` columns.

    TensorFlow ignores an id that is too large and fails on a negative one. Here the former goes to a column that is
    cut off, and the latter to a column that does not exist, which fails.
    """
    rows, ids = places
    datatype = builder.graph.get_dtype(builder.node.output[0])
    width = builder.add("Reshape", as_int64(builder, _find_size(builder, size)), builder.ints(1))
    beyond = builder.add("Add", width, builder.ints(1))
    columns = builder.add("Where", builder.add("Less", ids, builder.scalar(0)), beyond, builder.add("Min", ids, width))
    zeros = builder.cast(
        builder.add("Expand", builder.scalar(0), builder.add("Concat", count, beyond, axis=0)), datatype
    )
    updates = builder.cast(builder.add("Expand", builder.scalar(1), builder.add("Shape", ids)), datatype)
    binary = bool(builder.node.get_attr_value("binary_output", 0))
    shape = builder.graph.get_shape(weights)
    if shape is None:
        builder.refuse("counts with weights whose shape is unknown")
    if shape != [0] and not binary:
        updates = builder.cast(builder.flatten(weights), datatype)
    at = builder.add(
        "Concat",
        builder.add("Unsqueeze", rows, builder.ints(1)),
        builder.add("Unsqueeze", columns, builder.ints(1)),
        axis=1,
    )
    found = builder.add("ScatterND", zeros, at, updates, reduction="none" if binary else "add")
    return builder.slice(found, builder.ints(0), width, 1)


def _find_size(builder: Builder, size: str) -> str:
    """Return the number of columns.

    tf.math.bincount writes it as min(most, max(least, largest id + 1)), and the largest id of no ids is an error in
    ONNX. Where most is not larger than least, it is most.
    """
    node = _skip(builder, size)
    if node is None or node.type != "Minimum":
        return size
    for most, other in ((0, 1), (1, 0)):
        inner = _skip(builder, node.input[other])
        if inner is None or inner.type != "Maximum":
            continue
        for least in inner.input:
            if _is_same(builder, node.input[most], least):
                return str(node.input[most])
    return size


def _skip(builder: Builder, name: str) -> Any:
    node = builder.graph.get_node_by_output(name)
    while node is not None and node.type in {"Identity", "Cast"}:
        node = builder.graph.get_node_by_output(node.input[0])
    return node


def _is_same(builder: Builder, most: str, least: str) -> bool:
    first, second = builder.read_constant(most), builder.read_constant(least)
    if first is not None and second is not None:
        return bool(first <= second)
    return most == least
