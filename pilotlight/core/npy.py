"""Headers of .npy files, checked before anything is allocated for their arrays.

Source of the format: numpy.lib.format ("A simple format for saving numpy arrays to disk", NEP 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import IO, Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.exception_text import first_line
from pilotlight.core.printable import shorten

MAGIC: Final = b"\x93NUMPY"
_MAX_RANK: Final = 64
_LAST_CHARACTER: Final = 0x10FFFF
_SURROGATES: Final = (0xD800, 0xDFFF)
_READERS: Final[dict[tuple[int, int], Callable[[Any], Any]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class InvalidArray(ValueError):
    """The header of an array is not acceptable. The message completes the sentence "it …"."""


class ArrayHeader(NamedTuple):
    """The header of an array.

    Attributes:
        shape: The sizes of the dimensions.
        dtype: The dtype of an element.
        size: The bytes of all elements.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int


def read_header(file: IO[bytes], length: int) -> ArrayHeader:
    """Read the header of an array.

    Args:
        file: The file, at its start. It is left where the elements start.
        length: The length of the file in bytes.

    Returns:
        The header. The file has exactly the bytes that it promises.

    Raises:
        InvalidArray: The file is no .npy file, holds Python objects or structures, or has another length.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise InvalidArray("is no array")
    version = tuple(file.read(2))
    reader = _READERS.get((version[0], version[1])) if len(version) == 2 else None
    if reader is None:
        raise InvalidArray(f"has the format version {'.'.join(map(str, version)) or 'none'}, which is not known")
    counted = _Counted(file)
    try:
        shape, _, dtype = reader(counted)
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError) as error:
        # numpy evaluates the header as a Python literal. MemoryError is what the compiler says to deep nesting.
        raise InvalidArray(f"has a damaged header ({shorten(first_line(error), 100)})") from error
    return _check(shape, dtype, length - len(MAGIC) - 2 - counted.count)


def _check(shape: Any, dtype: np.dtype[Any], rest: int) -> ArrayHeader:
    if dtype.hasobject:
        raise InvalidArray("contains pickled Python objects, which are never loaded")
    if dtype.names is not None or not dtype.itemsize:
        raise InvalidArray(f"has dtype {shorten(str(dtype), 60)}, not numbers or text")
    if len(shape) > _MAX_RANK or any(isinstance(size, bool) or size < 0 for size in shape):
        raise InvalidArray(f"has the shape {shorten(str(shape), 60)}, which no array has")
    size = math.prod(shape) * dtype.itemsize
    if size != rest:
        promised = f"{size:,}" if size < 1 << 63 else "more than 2**63"
        raise InvalidArray(f"has {rest:,} bytes of elements, but its shape and dtype need {promised}")
    if math.prod(max(each, 1) for each in shape) * dtype.itemsize >= 1 << 63:
        raise InvalidArray("is empty, with a dimension that no array can have")
    return ArrayHeader(tuple(shape), dtype, size)


def has_invalid_text(array: Array) -> bool:
    """Return whether an array of texts holds a number that is no character. numpy fails once it reads one.

    Args:
        array: Any array.
    """
    if array.dtype.kind != "U":
        return False
    codes = np.ascontiguousarray(array).reshape(-1).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    return bool(((codes > _LAST_CHARACTER) | ((codes >= _SURROGATES[0]) & (codes <= _SURROGATES[1]))).any())


class _Counted:
    """A file that counts what is read from it. Entries of an archive cannot tell their position without seeking."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self.count += len(content)
        return content
