"""Reads tensors of safetensors files, each when it is asked for.

Source of the format: "Format" in the README of huggingface/safetensors. 8 bytes with the length of a JSON object, the
object, and the bytes of the tensors behind it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.documents import LIMITS, read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import name_of

_MOST_HEADER_BYTES: Final = 100_000_000
"""The limit of the format."""
_LENGTH_BYTES: Final = 8
_DTYPES: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_FLOATS: Final = ("F64", "F32", "F16", "BF16")
_HINT: Final = "Download the model again, or save it with save_pretrained()."


class _Place(NamedTuple):
    """Where a tensor lies. offset: from the beginning of the file, in bytes."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int


class SafetensorsFiles:
    """The tensors of the safetensors files of one model.

    Args:
        paths: The files.

    Raises:
        ConversionError: A file is no safetensors file, or a tensor lies outside it.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._places: dict[str, _Place] = {}
        self._where = str(paths[0].parent if len(paths) > 1 else paths[0])
        for path in paths:
            self._places |= _read_places(path)

    @property
    def names(self) -> frozenset[str]:
        """The names of all tensors."""
        return frozenset(self._places)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor; ConversionError where there is none of this name."""
        return self._find(name).shape

    def read(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Read a tensor as 32-bit floating point.

        Args:
            name: Its name.
            shape: The shape that it must have.

        Raises:
            ConversionError: There is no such tensor, it has another shape, or its elements are no floating-point
                numbers.
        """
        place = self._find(name)
        if place.shape != shape:
            what = f"has the tensor {name_of(name)} of shape {list(place.shape)}; config.json says {list(shape)}"
            raise ConversionError(self._where, what, "Use the config.json that belongs to these weights.")
        if place.dtype not in _FLOATS:
            what = f"has the tensor {name_of(name)} of {place.dtype}, not of floating-point numbers"
            raise ConversionError(self._where, what, "Import the model in floating point.")
        content = np.fromfile(place.path, _DTYPES[place.dtype], math.prod(shape), offset=place.offset)
        if place.dtype == "BF16":  # the upper half of an FP32
            content = (content.astype("<u4") << 16).view("<f4")
        return content.astype(np.float32).reshape(shape)

    def _find(self, name: str) -> _Place:
        if name not in self._places:
            what = f"has no tensor {name_of(name)}, which this architecture needs"
            raise ConversionError(self._where, what, _HINT)
        return self._places[name]


def _read_places(path: Path) -> dict[str, _Place]:
    origin = Origin(str(path), _HINT, ConversionError)
    with open_file(path, origin) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if size < _LENGTH_BYTES or not 2 <= length <= min(_MOST_HEADER_BYTES, size - _LENGTH_BYTES):
            raise origin.refuse("is no safetensors file, or it is truncated: its header has no valid length")
        header = read_object(file.read(length), origin, LIMITS._replace(bytes=_MOST_HEADER_BYTES))
    begin = _LENGTH_BYTES + length
    return {
        name: _read_place(name, entry, path, begin, size, origin)
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _read_place(name: str, entry: Any, path: Path, begin: int, size: int, origin: Origin) -> _Place:
    described = entry if isinstance(entry, Mapping) else {}
    dtype, shape, offsets = (described.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not (isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2):
        raise origin.refuse(f"is damaged: its header does not describe the tensor {name_of(name)}")
    start, end = offsets
    itemsize = np.dtype(_DTYPES[dtype]).itemsize if dtype in _DTYPES else None
    if end < start or (itemsize is not None and end - start != math.prod(shape) * itemsize):
        what = f"is damaged: the tensor {name_of(name)} of {dtype} {shape} has {end - start:,} bytes"
        raise origin.refuse(what)
    if begin + end > size:
        what = f"is truncated: the tensor {name_of(name)} ends at byte {begin + end:,} of {size:,}"
        raise origin.refuse(what)
    return _Place(path, dtype, tuple(shape), begin + start)


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)
