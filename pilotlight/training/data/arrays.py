"""The arrays of a data source, before train.py prepares them for its model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.npy import has_invalid_text

_PART_BYTES: Final = 32 << 20


class Arrays(NamedTuple):
    """The data of a source.

    Attributes:
        x_train: Samples to learn from, along the first axis.
        y_train: One label or target a sample.
        x_test: Held-out samples; each has the shape of one in x_train.
        y_test: One label or target a held-out sample.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def fingerprint(arrays: Arrays) -> str:
    """Digests data, for the manifest and for checkpoints.

    Args:
        arrays: The data. Arrays on disk are read in parts.

    Returns:
        The sha256 of names, dtypes, shapes and contents, as 64 lower-case hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, array in arrays._asdict().items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        for part in _parts(array):
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _parts(array: Array) -> Iterator[Array]:
    """The array in parts, since an array on disk may not fit into memory."""
    rows = max(1, _PART_BYTES // max(1, array[:1].nbytes)) if array.ndim else 1
    return iter([array]) if array.ndim == 0 else (array[start : start + rows] for start in range(0, len(array), rows))


def check_arrays(arrays: Arrays, where: str) -> Arrays:
    """Returns `arrays`; raises DataError where a model cannot learn from them. where: the source, for messages."""
    hint = "It needs x_train, y_train, x_test and y_test with samples along the first axis."
    for name, array in arrays._asdict().items():
        if array.dtype.kind not in "biufSU":
            raise DataError(where, f"{name} has dtype {array.dtype}, not numbers or text", hint)
        if any(map(has_invalid_text, _parts(array))):
            raise DataError(where, f"{name} has text that is not Unicode", hint)
        if array.ndim == 0 or len(array) == 0:
            raise DataError(where, f"{name} has shape {list(array.shape)}, so it holds no samples", hint)
        if array.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _parts(array)):
            raise DataError(where, f"{name} holds values that are not finite", "Remove or replace those samples.")
    for part in ("train", "test"):
        x, y = getattr(arrays, f"x_{part}"), getattr(arrays, f"y_{part}")
        if len(x) != len(y):
            raise DataError(where, f"x_{part} has {len(x)} samples and y_{part} has {len(y)}", hint)
    if arrays.x_train.shape[1:] != arrays.x_test.shape[1:]:
        shapes = f"{list(arrays.x_train.shape[1:])} in x_train and {list(arrays.x_test.shape[1:])} in x_test"
        raise DataError(where, f"a sample has shape {shapes}", hint)
    return arrays
