"""A .parquet file, read by pyarrow. Its columns have datatypes, so nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.exception_text import first_line
from pilotlight.core.frames import is_blank
from pilotlight.core.outside import Origin, open_file, physical_memory
from pilotlight.core.printable import name_of
from pilotlight.training.data.column_choice import (
    ColumnFacts,
    check_columns,
    choose_columns,
    choose_named,
    counts_rows,
)
from pilotlight.training.data.csv_columns import COPIES
from pilotlight.training.data.table import MixedTable


def read_parquet(path: Path, where: str, target: str, features: Sequence[str] | None) -> MixedTable:
    """Reads the table in a .parquet file.

    Args:
        path: The file.
        where: Its name, for messages.
        target: The column to learn.
        features: The columns to learn from; None for all but indexes.

    Raises:
        DataError: pyarrow is not installed, the file is missing or no Parquet file, or a column is missing or of a
            datatype that no input of a model has.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        hint = "Run `pip install 'pilotlight[tables]'`, or save the table as CSV."
        raise DataError(where, "needs pyarrow to be read", hint) from error
    origin = Origin(where, "Save it as Parquet or as CSV.")
    try:
        with open_file(path, origin) as file, parquet.ParquetFile(file) as source:
            names = source.schema_arrow.names
            check_columns(where, names, [*(features or ()), target])
            _check_memory(source.metadata, where)
            found = source.read(columns=list(dict.fromkeys([*(features or names), target])))
    except (pa.ArrowException, OSError) as error:
        raise origin.refuse(f"cannot be read as a Parquet file ({first_line(error)})") from error
    texts = _read_target(found[target], target, where)
    if features is not None:
        chosen = choose_named(names, features, target)
    else:
        chosen = choose_columns([_describe(name, found[name]) for name in names], target, where)
    columns = {name: _to_array(found[name], name, where) for name in chosen.names}
    return MixedTable(columns, texts, chosen.notes)


def _check_memory(metadata: Any, where: str) -> None:
    sizes = (metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    needed, limit = COPIES * sum(sizes), physical_memory()
    if needed > limit:
        what = f"needs about {needed / 1e9:.1f} GB of memory, and this machine has {limit / 1e9:.1f} GB"
        raise DataError(where, what, "Learn from a sample of its rows, or write a folder of .npy files.")


def _describe(name: str, column: Any) -> ColumnFacts:
    counts = str(column.type).startswith(("int", "uint")) and not column.null_count and counts_rows(column.to_numpy())
    unnamed = name.startswith("__index_level_")  # as pandas writes an index without a name
    return ColumnFacts("" if unnamed else name, counts)


def _read_target(column: Any, name: str, where: str) -> Array:
    """Return the target as texts: one that is not blank for each row."""
    values = column.to_pylist()
    blank = next((row for row, value in enumerate(values, 1) if is_blank(value) or value == ""), None)
    if blank is not None:
        raise DataError(f"{where}, sample {blank}", f"column {name_of(name)!r} is empty", "Fill it or remove the row.")
    return np.array([str(value) for value in values])


def _to_array(column: Any, name: str, where: str) -> Array:
    """Return a column as float64 with NaN for a blank, int64, bool, or objects of str with "" for a blank."""
    from pyarrow import types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    blanks = column.null_count > 0
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers: Array = np.asarray(column.to_numpy()).astype(
            np.float64 if blanks or not types.is_integer(kind) else np.int64
        )
        return numbers
    if types.is_boolean(kind) and not blanks:
        return np.asarray(column.to_numpy(), np.bool_)
    words = types.is_string(kind) or types.is_large_string(kind) or types.is_temporal(kind) or types.is_boolean(kind)
    if not words:
        what = f"column {name_of(name)!r} holds {kind}, which is neither numbers nor words"
        raise DataError(where, what, "Make it a column of numbers or words, or learn from the other columns.")
    found = np.empty(len(column), dtype=object)
    found[:] = ["" if value is None else str(value) for value in column.to_pylist()]
    return found
