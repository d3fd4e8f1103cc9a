"""RaggedTensorToTensor: ragged rows as one matrix, padded or cut."""

from __future__ import annotations

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder
from pilotlight.conversion.tensorflow.preprocessing.rows import (
    as_int64,
    count_rows,
    find_rows,
    number_positions,
    read_row_splits,
)


def rewrite_ragged(builder: Builder) -> None:
    """Replace RaggedTensorToTensor of values with one axis, which tf2onnx gives a shape that may not be there.

    Raises:
        ConversionError: The rows hold rows.
    """
    node = builder.node
    shape, values, default, *partitions = node.input
    kinds = [bytes(kind).decode() for kind in node.get_attr_value("row_partition_types")]
    if kinds == ["FIRST_DIM_SIZE", "VALUE_ROWIDS"]:
        count = builder.add("Reshape", as_int64(builder, partitions[0]), builder.ints(1))
        rows = as_int64(builder, partitions[1])
    elif kinds == ["ROW_SPLITS"]:
        splits = as_int64(builder, partitions[0])
        count = builder.add("Sub", builder.size(splits, 0), builder.ints(1))
        rows = find_rows(builder, splits, values)
    else:
        builder.refuse("returns rows that hold rows, which ONNX cannot")
    counts = count_rows(builder, rows, count)
    begins = builder.add("Gather", read_row_splits(builder, counts), rows)
    columns = builder.add("Sub", number_positions(builder, values), begins)
    width = _read_width(builder, shape, counts)
    # What lies beyond the width goes to one more column, which is then cut off.
    wider = builder.add(
        "Expand", default, builder.add("Concat", count, builder.add("Add", width, builder.ints(1)), axis=0)
    )
    places = builder.add(
        "Concat",
        builder.add("Unsqueeze", rows, builder.ints(1)),
        builder.add("Unsqueeze", builder.add("Min", columns, width), builder.ints(1)),
        axis=1,
    )
    filled = builder.add("ScatterND", wider, places, values)
    builder.answer(builder.slice(filled, builder.ints(0), width, 1))


def _read_width(builder: Builder, shape: str, counts: str) -> str:
    """Return the number of columns: as `shape` says, else of the longest row."""
    fixed = builder.read_constant(shape)
    if fixed is not None and getattr(fixed, "shape", None) == (2,) and int(fixed[1]) >= 0:
        return builder.ints(int(fixed[1]))
    if fixed is None:
        builder.refuse("pads its rows to a length that it computes")
    return builder.add("ReduceMax", builder.add("Concat", counts, builder.ints(0), axis=0), keepdims=1)
