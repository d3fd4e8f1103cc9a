"""The samples of a data set: one array, arrays by name, or a frame. Each has its samples along the first axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pilotlight.core.errors import DataError
from pilotlight.core.frames import is_frame, join_columns, read_columns, take_rows
from pilotlight.core.printable import join_names, name_of

if TYPE_CHECKING:  # `pilotlight serve` imports this module and has no arrays; numpy would double its start
    import numpy as np
    from numpy.typing import NDArray

    _Array: TypeAlias = NDArray[np.generic]

Samples: TypeAlias = Any
"""One array, a mapping of arrays by name, or a pandas or polars frame, whose columns are the arrays.

A target is None where a model learns without. The type is Any because a train.py knows which of them its own `load`
made.
"""

_DENSE: Final = "Give the array of its .toarray()."
_LOOKED_AT: Final = 1000
"""The rows of an array of Python objects that are looked at for different lengths."""


def name_samples(samples: Samples, names: Sequence[str], where: str) -> dict[str, _Array]:
    """Return samples as arrays by name.

    Args:
        samples: One array, a mapping of arrays, or a frame.
        names: The names that are wanted, in order.
        where: The name of the samples in an error, such as x_train.

    Returns:
        One array for each name, in the order of `names`. One array takes the only name. Where one name is wanted that a
        frame has no column for, its columns become one matrix.

    Raises:
        DataError: The names differ, one array or a list stands for several names, or an array is ragged or has another
            number of samples. The message names the array.
    """
    if isinstance(samples, Mapping) or is_frame(samples):
        columns = _read_named(samples, where)
        if is_frame(samples) and len(names) == 1 and names[0] not in columns:
            return {names[0]: join_columns(columns, where)}
        _check_names(columns, names, where)
        return {name: columns[name] for name in names}
    if len(names) != 1:
        raise _unnamed(samples, names, where)
    return {names[0]: _to_array(samples, where)}


def list_arrays(samples: Samples, where: str) -> dict[str, _Array]:
    """Return every array of some samples.

    Args:
        samples: One array, a mapping of arrays, a frame, or a sequence of rows.
        where: The name of the samples, such as x_train.

    Returns:
        The arrays by what a message calls them: x_train, or x_train['image'] for each name of a mapping.

    Raises:
        DataError: There is no array, an array is ragged, or the arrays have different numbers of samples.
    """
    if isinstance(samples, Mapping) or is_frame(samples):
        return {f"{where}[{name!r}]": array for name, array in _read_named(samples, where).items()}
    return {where: _to_array(samples, where)}


def count_samples(samples: Samples, where: str = "the data") -> int:
    """Return the number of samples.

    Args:
        samples: One array, a mapping of arrays, or a frame.
        where: The name of the samples in an error, such as x_train.

    Raises:
        DataError: An array is ragged, or the arrays have different numbers of samples. The message names them.
    """
    return len(samples) if is_frame(samples) else len(next(iter(list_arrays(samples, where).values())))


def take_samples(samples: Samples, index: Any) -> Samples:
    """Return some of the samples.

    Args:
        samples: One array, a mapping of arrays, or a frame.
        index: A slice, or an array of whole numbers.

    Returns:
        The same kind of samples: one array, arrays by the same names, or a frame of the same columns.
    """
    if is_frame(samples):
        return take_rows(samples, index)
    if isinstance(samples, Mapping):
        return {name: _to_array(part, str(name))[index] for name, part in samples.items()}
    return _to_array(samples, "the data")[index]


def _read_named(samples: Samples, where: str) -> dict[str, _Array]:
    if is_frame(samples):
        found = read_columns(samples, where)
    else:
        found = {str(name): _to_array(part, f"{where}[{name!r}]") for name, part in samples.items()}
    if not found:
        raise DataError(where, "holds no array", "Give at least one array, with samples along the first axis.")
    (first, count), *others = ((name, len(array)) for name, array in found.items())
    for name, other in others:
        if other != count:
            what = f"has {other} samples, and {where}[{first!r}] has {count}"
            raise DataError(f"{where}[{name!r}]", what, "Each sample needs one value in each array.")
    return found


def _to_array(samples: Any, where: str) -> _Array:
    """Return samples as an array. An array stays as it is: one on disk is not read."""
    import numpy as np

    if isinstance(samples, np.ndarray):
        array: _Array = samples
    else:
        try:
            array = np.asarray(samples)
        except ValueError as error:  # numpy refuses rows of different lengths
            raise _ragged(samples, where) from error
    if array.ndim == 0:
        kind = "None" if samples is None else f"a {type(samples).__name__}"
        what = "has shape [], so it holds no samples" if array is samples else f"is {kind}, not an array"
        dense = hasattr(samples, "toarray")  # a sparse matrix of SciPy
        raise DataError(where, what, _DENSE if dense else "Give an array with samples along the first axis.")
    if array.dtype.kind == "O" and len({np.shape(row) for row in array.reshape(-1)[:_LOOKED_AT]}) > 1:
        raise _ragged(samples, where)
    return array


def _ragged(samples: Any, where: str) -> DataError:
    import numpy as np

    if isinstance(samples, list | tuple) and all(isinstance(part, np.ndarray) and part.ndim > 1 for part in samples):
        shapes = " and ".join(str(list(part.shape)) for part in samples[:3])
        hint = "Give several inputs as a dict of arrays by input name."
        return DataError(where, f"is a list of {len(samples)} arrays of shapes {shapes}", hint)
    hint = "Pad or cut the rows to one length, in load() of train.py."
    return DataError(where, "has rows of different lengths", hint)


def _unnamed(samples: Samples, names: Sequence[str], where: str) -> DataError:
    kind = f"a list of {len(samples)} arrays" if isinstance(samples, list | tuple) else "one array"
    shown = ", ".join(f'"{name_of(name)}": …' for name in names)
    what = f"is {kind}, and [signature] in model.toml names {join_names(names)}"
    return DataError(where, what, f"Give a dict of arrays by name: {{{shown}}}.")


def _check_names(found: Mapping[str, _Array], names: Sequence[str], where: str) -> None:
    missing, extra = [name for name in names if name not in found], [name for name in found if name not in names]
    if not missing and not extra:
        return
    parts = [f"lacks {join_names(missing)}"] if missing else []
    parts += [f"has {join_names(extra)}, which [signature] in model.toml does not name"] if extra else []
    hint = f"[signature] names {join_names(names)}. Use the same names in load() of train.py."
    raise DataError(where, " and ".join(parts), hint)
