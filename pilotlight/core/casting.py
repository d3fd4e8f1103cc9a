"""Arrays as an endpoint gets them: in the datatype and the rank of their input.

A value changes only where the signature asks for it: a wider float is rounded to the float of the input. Every other
cast keeps each value, or is refused in one line that names the array and the call that casts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pilotlight.core.errors import DataError
from pilotlight.core.frames import is_blank
from pilotlight.core.printable import name_of, shorten
from pilotlight.core.samples import Samples, name_samples
from pilotlight_runtime.datatypes import BF16, BYTES
from pilotlight_runtime.signature import TensorSpec

if TYPE_CHECKING:  # see core/samples.py
    import numpy as np
    from numpy.typing import NDArray

    _Array: TypeAlias = NDArray[np.generic]

_TEXTS: Final = "OSU"
_NUMBERS: Final = "biuf"
CAST: Final = "in load() of train.py"
"""Where a person can cast an array."""
_BFLOAT16: Final = ("bfloat16", "uint16")
"""The names of the dtypes that hold BF16: that of another library, and bits in numpy's own."""


def prepare_inputs(samples: Samples, specs: Sequence[TensorSpec], where: str) -> dict[str, _Array]:
    """Return samples as the endpoint gets them.

    Args:
        samples: One array, a mapping of arrays by input name, or a frame.
        specs: The inputs of the model.
        where: The name of the samples in an error, such as x_test.

    Returns:
        One array for each input, in its datatype: float64 for FP32 is rounded, and uint8, bool or whole numbers become
        floats. Texts are objects that hold str. A column of shape (n,) becomes (n, 1) where the input has two
        dimensions, and the reverse. An array that fits already is not copied.

    Raises:
        DataError: The names differ, or an array does not fit its input. The message names the array and the call that
            casts it.
    """
    named = name_samples(samples, [spec.name for spec in specs], where)
    return {spec.name: fit_array(named[spec.name], spec, place_of(where, spec, specs)) for spec in specs}


def place_of(where: str, spec: TensorSpec, specs: Sequence[TensorSpec]) -> str:
    """Return what a message calls one array of some samples: x_test, or x_test['image'] where there are several.

    Args:
        where: The name of the samples.
        spec: The input or output of the array.
        specs: All inputs, or all outputs.
    """
    return where if len(specs) == 1 else f"{where}[{name_of(spec.name)!r}]"


def fit_array(array: _Array, spec: TensorSpec, where: str) -> _Array:
    """Return an array in the datatype and the rank of an input.

    Args:
        array: The array, with samples along the first axis.
        spec: The input.
        where: The name of the array in an error, such as x_test['image'].

    Raises:
        DataError: The array cannot be cast, or has another shape.
    """
    if array.ndim == 1 and len(spec.shape) == 2 and spec.shape[1] in (1, -1):
        array = array[:, None]
    elif array.ndim == 2 and len(spec.shape) == 1 and array.shape[1] == 1:
        array = array[:, 0]
    if not spec._replace(shape=(-1, *spec.shape[1:])).accepts(array.shape) and spec.shape:
        what = f"has shape {list(array.shape)}, and the input {spec.name} is {list(spec.shape)}"
        raise DataError(where, what, "Correct the array in load() of train.py, or [signature] in model.toml.")
    return cast_array(array, spec, where)


def cast_array(array: _Array, spec: TensorSpec, where: str, cast: str = CAST) -> _Array:
    """Return an array in the datatype of an input or output.

    Args:
        array: The array.
        spec: The input or output.
        where: The name of the array in an error, such as x_test['image'].
        cast: Where a person can cast it, for the error.

    Returns:
        The array. It is not copied where it has that datatype already.

    Raises:
        DataError: The cast would change a value, other than to round a float.
    """
    import numpy as np

    check_castable(array, spec, where, cast)
    if spec.datatype is BYTES:
        return _cast_texts(array, spec, where, cast)
    wanted = np.dtype(spec.datatype.numpy)
    if spec.datatype is BF16 or array.dtype == wanted:
        return array
    with np.errstate(over="ignore", invalid="ignore"):
        found: _Array = np.asarray(array).astype(wanted)
    place = _find_change(array, found)
    if place is not None:
        what = f"holds {array[place]!s} at {list(place)} ({array.dtype}), which {spec.datatype.name} cannot hold"
        raise DataError(where, what, _hint(spec, cast, array[place]))
    return found


def check_castable(array: _Array, spec: TensorSpec, where: str, cast: str = CAST) -> None:
    """Check, only by dtype, that an array can be cast to the datatype of an input. Only its first value is read.

    Args:
        array: The array.
        spec: The input or output.
        where: The name of the array in an error.
        cast: Where a person can cast it, for the error.

    Raises:
        DataError: It holds texts for numbers, numbers for texts, Python objects, dates or complex numbers.
    """
    kind = array.dtype.kind
    if spec.datatype is BF16:
        fits = array.dtype.name in _BFLOAT16
    else:
        fits = kind in (_TEXTS if spec.datatype is BYTES else _NUMBERS)
    if not fits:
        _refuse_words(array, spec, where)
        shown = "Python objects" if kind == "O" else "texts" if kind in _TEXTS else str(array.dtype)
        first = next(iter(array.reshape(-1)[:1].tolist()), None)
        example = f" (the first is {shorten(repr(first), 40)})" if kind in _TEXTS else ""
        raise DataError(
            where, f"holds {shown}{example}, and {spec.name} is {spec.datatype.name}", _hint(spec, cast, first, kind)
        )


def _refuse_words(array: _Array, spec: TensorSpec, where: str) -> None:
    """Raise DataError where a matrix of Python objects is a table with words."""
    row = array[0].tolist() if array.dtype.kind == "O" and array.ndim == 2 and len(array) else []
    words = [place for place, value in enumerate(row) if isinstance(value, str)]
    if words:
        what = f"holds words in column {words[0]} ({shorten(repr(str(row[words[0]])), 40)}), and {spec.name} is "
        hint = "Return a frame from load(), as load_table does, and give each column an input in [signature]."
        raise DataError(where, f"{what}{spec.datatype.name}", f"{hint} `pilotlight new NAME --data FILE` writes both.")


def _cast_texts(array: _Array, spec: TensorSpec, where: str, cast: str) -> _Array:
    """Return texts as objects that hold str, with "" for a blank. Bytes stay bytes: they may be a file."""
    import numpy as np

    if array.dtype.kind != "O":
        return array.astype(object)
    values = array.reshape(-1).tolist()
    wrong = [value for value in values if not isinstance(value, str | bytes) and not is_blank(value)]
    if wrong:
        what = f"holds {shorten(repr(wrong[0]), 40)}, and {spec.name} is {spec.datatype.name}"
        raise DataError(where, what, _hint(spec, cast, wrong[0]))
    if not any(map(is_blank, values)):
        return array
    filled = np.empty(len(values), object)
    filled[:] = ["" if is_blank(value) else value for value in values]
    return filled.reshape(array.shape)


def _find_change(array: Any, found: Any) -> tuple[int, ...] | None:
    """Return the place of the first value that a cast has changed, other than by rounding to a float."""
    import numpy as np

    if np.can_cast(array.dtype, found.dtype, "safe"):
        return None
    if found.dtype.kind == "f":
        changed = np.isfinite(array) & ~np.isfinite(found)
    else:
        # Cast back, a changed value differs: one with a fraction, NaN, and what overflows (or it changes its sign).
        with np.errstate(invalid="ignore"):
            changed = found.astype(array.dtype) != array
            if found.dtype.kind != "b":
                changed |= (found < 0) != (array < 0)
    places = np.argwhere(changed)
    return tuple(int(index) for index in places[0]) if len(places) else None


def _hint(spec: TensorSpec, cast: str, value: Any, kind: str = "") -> str:
    """Return how to correct an array. value: one that does not fit; kind: that of the array's dtype.

    A call of astype is named only where it keeps what the values say: it makes "false" True, and 1e300 infinite.
    """
    if spec.datatype is BF16:
        return f"Give {spec.name} as bfloat16, or as its bits in uint16."
    other = f", or correct the datatype of {spec.name} in [signature] of model.toml" if cast == CAST else ""
    numpy, words = spec.datatype.numpy, spec.datatype is BYTES
    more = ""
    if words and isinstance(value, list | tuple | dict | set):
        advice = f"Give one text for each sample {cast}, such as ' '.join(words)"
    elif kind == "c" and not words:
        advice = f"Give its real and imaginary parts as numbers {cast}, with .real and .imag"
    elif kind in ("m", "M") and not words:
        advice = f"Turn it into a number {cast}, such as the days since a fixed date"
    elif numpy.startswith("bool") and isinstance(value, str | bytes):
        advice, more = f'Compare it {cast}, such as x == "true"', "; .astype(bool) makes every text True"
    elif numpy.startswith("float") and not kind:
        advice = f"Scale or limit the values {cast}"
    else:
        advice = f"Cast it {cast} with " + (".astype(str)" if words else f".astype(np.{numpy})")
    return f"{advice}{other}{more}."
