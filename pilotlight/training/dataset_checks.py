"""Checks of what a train.py's load returned, before anything is fitted: names, numbers of samples, dtypes, blanks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset
from pilotlight.core.casting import cast_array, check_castable, place_of
from pilotlight.core.errors import DataError, TrainingError
from pilotlight.core.frames import is_blank, is_frame
from pilotlight.core.printable import join_names
from pilotlight.core.samples import Samples, count_samples, list_arrays, name_samples
from pilotlight_runtime.signature import Signature

_PARTS: Final = ("train", "test")
_HELD_OUT: Final = "x_test"
_ROWS: Final = 1 << 20
"""The values of a target that are looked at together: an array on disk may not fit into memory."""


def check_dataset(data: Dataset, path: Path, signature: Signature | None) -> None:
    """Check that a model can learn from a data set and be verified with it.

    Args:
        data: What `load` of train.py returned.
        path: The train.py, for messages.
        signature: [signature] of model.toml; None checks no names and no dtypes.

    Raises:
        TrainingError: An array is missing, ragged, has another name or number of samples than the others, or cannot be
            cast to its input; or a target has blanks. The message names the array.
    """
    with _named(path):
        for part in _PARTS:
            x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
            if signature is not None:
                _check_inputs(x, f"x_{part}", signature)
                _check_target_names(y, f"y_{part}", signature)
            _check_counts(x, y, part, path)
            if y is not None:
                _check_blanks(y, f"y_{part}")
        if (data.y_train is None) != (data.y_test is None):
            missing, given = ("y_train", "y_test") if data.y_train is None else ("y_test", "y_train")
            raise DataError(missing, f"is None, and {given} is not", "Give both, or None for both.")


def find_nan(data: Dataset) -> str:
    """Return which input of a data set holds NaN, as a sentence says it; "" where none does.

    Args:
        data: The data set.
    """
    for part in _PARTS:
        for name, array in list_arrays(getattr(data, f"x_{part}"), f"x_{part}").items():
            for start, rows in _read_parts(array):
                if rows.dtype.kind == "f" and np.isnan(rows).any():
                    return f"{name} holds NaN, the first in sample {start + _first(np.isnan(rows))}"
    return ""


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Report what is wrong with an array as a mistake of train.py."""
    try:
        yield
    except DataError as error:
        raise TrainingError(str(path), f"load returned {error.where}, which {error.what}", error.hint) from error


def _check_inputs(x: Samples, where: str, signature: Signature) -> None:
    arrays = name_samples(x, [spec.name for spec in signature.inputs], where)
    for spec in signature.inputs:
        place = place_of(where, spec, signature.inputs)
        if where == _HELD_OUT:  # these are compared; a value that cannot be cast is found before a long fit
            cast_array(arrays[spec.name], spec, place)
        else:
            check_castable(arrays[spec.name], spec, place)


def _check_target_names(y: Samples, where: str, signature: Signature) -> None:
    known = [spec.name for spec in signature.outputs]
    if isinstance(y, list | tuple) and len(known) > 1 and all(np.ndim(part) > 0 for part in y):
        shown = ", ".join(f'"{name}": …' for name in known)
        raise DataError(where, f"is a list of {len(y)} arrays", f"Give a dict of arrays by output name: {{{shown}}}.")
    if not isinstance(y, Mapping):
        return
    extra = [str(name) for name in y if name not in known]
    if extra:
        what = f"has {join_names(extra)}, which no output in [signature] of model.toml is called"
        raise DataError(where, what, f"The outputs are {join_names(known)}. Use these names.")


def _check_counts(x: Samples, y: Samples, part: str, path: Path) -> None:
    samples = count_samples(x, f"x_{part}")
    targets = samples if y is None else count_samples(y, f"y_{part}")
    if samples == 0 or samples != targets:
        what = f"load returned {samples} samples in x_{part} and {targets} in y_{part}"
        raise TrainingError(str(path), what, "Each sample needs one label or target.")


def _check_blanks(y: Samples, where: str) -> None:
    """Raise DataError where a target is missing: NaN, NaT, or None."""
    arrays = list_arrays(y, where)
    for name, array in arrays.items():
        for start, rows in _read_parts(array):
            blank = _find_blanks(rows)
            if blank.any():
                what = f"has a blank (NaN or None), the first in sample {start + _first(blank)}"
                raise DataError(name, what, "Leave those samples out in load(), or fill in their target.")
        if is_frame(y) and array.dtype.kind == "O" and "" in array.tolist():
            what = f"has a blank, the first in sample {array.tolist().index('')}"
            raise DataError(name, what, "Leave those samples out in load(), or fill in their target.")


def _find_blanks(rows: Array) -> Array:
    if rows.dtype.kind == "f":
        found: Array = np.isnan(rows)
        return found
    if rows.dtype.kind in "mM":
        return np.isnat(rows)
    if rows.dtype.kind == "O":
        return np.array([is_blank(value) for value in rows.reshape(-1).tolist()], bool).reshape(rows.shape)
    return np.zeros(rows.shape, bool)


def _first(wrong: Array) -> int:
    """The number of the first sample with a True value."""
    return int(np.argwhere(wrong)[0][0])


def _read_parts(array: Array) -> Iterator[tuple[int, Array]]:
    """Yield an array in parts, each with the number of its first sample."""
    rows = max(1, _ROWS // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        yield start, np.asarray(array[start : start + rows])
