"""Frames of pandas and polars as arrays by column, without importing either library."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of

if TYPE_CHECKING:  # see core/samples.py
    import numpy as np
    from numpy.typing import NDArray

    _Array: TypeAlias = NDArray[np.generic]

_LIBRARIES: Final = ("pandas", "polars")


def is_frame(samples: Any) -> bool:
    """Return whether a value is a pandas or polars DataFrame.

    Args:
        samples: Any value.
    """
    kinds = type(samples).__mro__
    return any(kind.__module__.split(".")[0] in _LIBRARIES and kind.__name__ == "DataFrame" for kind in kinds)


def read_columns(frame: Any, where: str) -> dict[str, _Array]:
    """Return the columns of a frame as arrays.

    Args:
        frame: A pandas or polars DataFrame.
        where: The name of the frame in an error, such as x_train.

    Returns:
        Arrays of shape (n,) by column name. Columns of words are objects that hold str, with "" for a blank. Columns of
        numbers with blanks are float64, with NaN for a blank.

    Raises:
        DataError: Two columns have one name.
    """
    names = list(map(str, frame.columns))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(where, f"has two columns of the name {name_of(twice[0])!r}", "Give each column its own name.")
    return {str(name): _fill_blanks(frame[name].to_numpy()) for name in frame.columns}


def take_rows(frame: Any, index: Any) -> Any:
    """Return some rows of a frame as a frame.

    Args:
        frame: A pandas or polars DataFrame.
        index: A slice, or an array of whole numbers.
    """
    return frame.iloc[index] if hasattr(frame, "iloc") else frame[index]


def join_columns(columns: dict[str, _Array], where: str) -> _Array:
    """Return columns as one matrix.

    Args:
        columns: Arrays of shape (n,) by column name.
        where: The name of the frame in an error, such as x_train.

    Returns:
        The matrix of shape (n, columns).

    Raises:
        DataError: A column holds something else than numbers.
    """
    import numpy as np

    for name, column in columns.items():
        if column.dtype.kind not in "biuf":
            what = f"has the column {name_of(name)!r} of {column.dtype}, which one matrix of numbers cannot hold"
            raise DataError(where, what, "Give each column its own input in [signature] of model.toml.")
    return np.column_stack(list(columns.values()))


def is_blank(value: object) -> bool:
    """Return whether a value is None, NaN, or the NA of pandas.

    Args:
        value: Any value.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _fill_blanks(column: _Array) -> _Array:
    """Return a column of objects as words or as numbers; as it is where it holds anything else."""
    import numpy as np

    if column.dtype.kind in "SU":
        return column.astype(str).astype(object)
    if column.dtype.kind != "O":
        return column
    blank = np.array([is_blank(value) for value in column.tolist()], bool)
    kinds = {type(value) for value in column[~blank].tolist()}
    if all(issubclass(kind, str) for kind in kinds) and kinds:
        return np.where(blank, "", column)
    if all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds):  # bool is an int
        return np.where(blank, np.nan, column).astype(np.float64)
    return column
