"""The arrays of a data source, before train.py prepares them for its model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.npy import has_invalid_text
from pilotlight.core.samples import Samples, count_samples, list_arrays

_PART_BYTES: Final = 32 << 20


class Arrays(NamedTuple):
    """The data of a source.

    Attributes:
        x_train: Samples to learn from, along the first axis: one array, or a mapping of arrays by input name.
        y_train: One label or target a sample: one array, or a mapping of arrays by output name.
        x_test: Held-out samples, like x_train; each has the shape of one in x_train.
        y_test: One label or target a held-out sample, like y_train.
    """

    x_train: Samples
    y_train: Samples
    x_test: Samples
    y_test: Samples


def fingerprint(arrays: Arrays) -> str:
    """Digests data, for the manifest and for checkpoints.

    Args:
        arrays: The data. Arrays on disk are read in parts, and a part that is None is left out.

    Returns:
        The sha256 of names, dtypes, shapes and contents, as 64 lower-case hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part, samples in arrays._asdict().items():
        for name, array in [] if samples is None else sorted(list_arrays(samples, part).items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            for rows in _parts(array):
                digest.update(_read_bytes(rows))
    return digest.hexdigest()


def _read_bytes(array: Array) -> bytes:
    """The content of an array. The bytes of Python objects are addresses, so those count as texts."""
    if array.dtype.kind != "O":
        return np.ascontiguousarray(array).tobytes()
    texts = [value if isinstance(value, bytes) else str(value).encode() for value in array.reshape(-1).tolist()]
    return b"".join(b"%d %s" % (len(text), text) for text in texts)


def _parts(array: Array) -> Iterator[Array]:
    """The array in parts, since an array on disk may not fit into memory."""
    rows = max(1, _PART_BYTES // max(1, array[:1].nbytes)) if array.ndim else 1
    return iter([array]) if array.ndim == 0 else (array[start : start + rows] for start in range(0, len(array), rows))


def check_arrays(arrays: Arrays, where: str) -> Arrays:
    """Returns `arrays`; raises DataError where a model cannot learn from them. where: the source, for messages."""
    hint = "It needs x_train, y_train, x_test and y_test with samples along the first axis."
    try:
        _check_parts(arrays, where, hint)
        named = [pair for part, samples in arrays._asdict().items() for pair in list_arrays(samples, part).items()]
    except DataError as error:  # of one array; a person looks for the source
        raise error if error.where == where else DataError(where, f"{error.where} {error.what}", hint) from error
    for name, array in named:
        _check_array(name, array, where, hint)
    for part in ("train", "test"):
        x, y = (count_samples(getattr(arrays, name)) for name in (f"x_{part}", f"y_{part}"))
        if x != y:
            raise DataError(where, f"x_{part} has {x} samples and y_{part} has {y}", hint)
    return arrays


def _check_array(name: str, array: Array, where: str, hint: str) -> None:
    if array.dtype.kind not in "biufSU":
        raise DataError(where, f"{name} has dtype {array.dtype}, not numbers or text", hint)
    if any(map(has_invalid_text, _parts(array))):
        raise DataError(where, f"{name} has text that is not Unicode", hint)
    if len(array) == 0:
        raise DataError(where, f"{name} has shape {list(array.shape)}, so it holds no samples", hint)
    if array.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _parts(array)):
        raise DataError(where, f"{name} holds values that are not finite", "Remove or replace those samples.")


def _check_parts(arrays: Arrays, where: str, hint: str) -> None:
    """Raises DataError where the training part and the held-out part have other names or shapes of samples."""
    for kind in "xy":
        first, second = f"{kind}_train", f"{kind}_test"
        train, test = (_by_name(getattr(arrays, part)) for part in (first, second))
        if train.keys() != test.keys():
            shown = [", ".join(part) or "one array" for part in (train, test)]
            what = f"has {shown[0]} in {first} and {shown[1]} in {second}"
            raise DataError(where, what, "Give both parts arrays of the same names.")
    train, test = _by_name(arrays.x_train), _by_name(arrays.x_test)
    for name, array in train.items():
        if np.shape(array)[1:] != np.shape(test[name])[1:]:
            dot = f".{name}" if name else ""
            shapes = f"{list(array.shape[1:])} in x_train{dot} and {list(test[name].shape[1:])} in x_test{dot}"
            raise DataError(where, f"a sample has shape {shapes}", hint)


def _by_name(samples: Samples) -> dict[str, Array]:
    return dict(samples) if isinstance(samples, Mapping) else {"": samples}
