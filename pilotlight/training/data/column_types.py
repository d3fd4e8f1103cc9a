"""The datatypes of columns: what a column has, and how it becomes what model.toml declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

_BY_KIND: Final[dict[str, Datatype]] = {"b": BOOL, "i": INT64, "u": INT64, "f": FP32, "O": BYTES}
_COLUMN_SHAPES: Final = ((-1,), (-1, 1))


def is_column(spec: TensorSpec) -> bool:
    """Returns whether an input is one column of a table: one value for each sample."""
    return spec.shape in _COLUMN_SHAPES


def list_declared(signature: Signature | None) -> dict[str, Datatype] | None:
    """Returns the datatype of each column that a signature declares.

    Args:
        signature: [signature] of model.toml; None outside of a project.

    Returns:
        The datatypes by column; None where the inputs are no columns, as for one matrix.
    """
    inputs = signature.inputs if signature is not None else ()
    if not inputs or not all(map(is_column, inputs)) or [spec.shape for spec in inputs] == [(-1, 1)]:
        return None
    return {spec.name: spec.datatype for spec in inputs}


def find_datatype(column: Array) -> Datatype:
    """Returns the datatype that a column has."""
    return _BY_KIND[column.dtype.kind]


def cast_columns(columns: Mapping[str, Array], wanted: Mapping[str, Datatype], where: str) -> dict[str, Array]:
    """Casts columns to their datatypes. Numbers are rounded to single precision; nothing else is lost.

    Args:
        columns: Arrays of shape (n,) by column.
        wanted: The datatypes that columns must have; others become float32, int64, bool or objects of str.
        where: The file's name, for messages.

    Raises:
        DataError: A column cannot be cast without a loss, or is blank in every line.
    """
    return {
        name: _cast(column, wanted.get(name) or find_datatype(column), name, where) for name, column in columns.items()
    }


def _cast(column: Array, datatype: Datatype, name: str, where: str) -> Array:
    _check_filled(column, name, where)
    kind = column.dtype.kind
    floats = datatype.format in tuple("efd")
    exact = kind in "iu" or (kind == "f" and bool((column == np.floor(column)).all()))  # NaN is not
    if datatype is BYTES:
        cast: Array = column if kind == "O" else column.astype(str).astype(object)
        return cast
    if datatype is BOOL and kind == "b":
        return column
    if kind in "biuf" and (floats or (exact and datatype is not BOOL and _fits(column, datatype))):
        found: Array = column.astype(datatype.numpy)
        return found
    what = f"column {name_of(name)!r} holds {_describe(column)}, and [signature] in model.toml declares {datatype.name}"
    raise DataError(where, what, "Correct the file, or the datatype in model.toml.")


def _check_filled(column: Array, name: str, where: str) -> None:
    blank = (column == "").all() if column.dtype.kind == "O" else column.dtype.kind == "f" and np.isnan(column).all()
    if blank:
        what = f"has the column {name_of(name)!r}, which is blank in every line"
        raise DataError(
            where,
            what,
            "Fill it or remove it from the file. `features` of load_table can leave it out.",
        )
    if column.dtype.kind == "f" and np.isinf(column).any():
        raise DataError(where, f"column {name_of(name)!r} holds infinity", "Correct or remove those lines.")


def _fits(column: Array, datatype: Datatype) -> bool:
    limits = np.iinfo(datatype.numpy)
    return bool(column.min() >= limits.min and column.max() <= limits.max)


def _describe(column: Array) -> str:
    if column.dtype.kind == "f":
        return "numbers with blanks" if np.isnan(column).any() else "numbers with fractions"
    return {"O": "words", "b": "true and false"}.get(column.dtype.kind, "whole numbers outside of its range")
