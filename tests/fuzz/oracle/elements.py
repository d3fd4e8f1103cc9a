"""Elements of tensors in JSON and in bytes.

Sources: Open Inference Protocol v2, "Tensor Data"; Triton's binary tensor data extension; docs/protocols.md. Where the
protocol is silent, the project's rules are:
- A whole-number datatype takes JSON's whole numbers alone: 1.0 and 1e0 are refused (docs/protocols.md, "Errors": a
  wrong datatype is 400). -0 is 0.
- A floating-point datatype takes every number. It is read as a double (RFC 8259, section 6) and rounded to nearest. A
  number that rounds to infinity is refused (docs/protocols.md: JSON has no NaN and no infinity). TensorFlow Serving's
  protocol has words for them.
- BOOL takes true and false; BYTES takes strings of Unicode, without halves of surrogate pairs. BF16 has no JSON form.
- Data are flat, or nested exactly as the shape says. A scalar may stand without a list.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from fuzz.arrays import DATATYPES, Array, texts
from fuzz.oracle.expected import TOO_LARGE, Invalid
from fuzz.oracle.json_text import Word

MOST_RANK = 64
MOST_ELEMENTS = 64 * 1024 * 1024


def read_shape(shape: Any) -> tuple[int, ...]:
    """Reads a shape; Invalid where it is none. A dimension of 0 does not make a huge one valid."""
    if not isinstance(shape, list) or any(type(size) is not int or size < 0 for size in shape):
        raise Invalid("no shape")
    if len(shape) > MOST_RANK:
        raise Invalid("too many dimensions")
    if prod(max(size, 1) for size in shape) > MOST_ELEMENTS:
        raise Invalid("too many elements", TOO_LARGE)
    return tuple(shape)


def read_data(datatype: str, shape: tuple[int, ...], data: Any) -> Array:
    """Reads elements in JSON."""
    if isinstance(data, list):
        nested = any(isinstance(item, list) for item in data)
        flat = _flat(data, shape) if nested and shape else data
    elif shape:
        raise Invalid("data is no list")
    else:
        flat = [data]
    if len(flat) != prod(shape):
        raise Invalid("another number of elements")
    return read_elements(datatype, flat).reshape(shape)


def read_elements(datatype: str, flat: list[Any]) -> Array:
    """Reads elements in a flat list."""
    if datatype == "BYTES":
        return texts([_text(item) for item in flat])
    if datatype == "BF16":
        raise Invalid("BF16 in JSON")
    dtype = DATATYPES[datatype]
    if dtype.kind == "f":
        return _floats(dtype, flat)
    kind = bool if datatype == "BOOL" else int
    if any(type(item) is not kind for item in flat):
        raise Invalid(f"an element is no {datatype}")
    if kind is int:
        info = np.iinfo(dtype)
        if any(not info.min <= item <= info.max for item in flat):
            raise Invalid("an element out of range")
    return np.array(flat, dtype)


def read_bytes(datatype: str, shape: tuple[int, ...], raw: bytes) -> Array:
    """Reads elements in little-endian bytes."""
    count = prod(shape)
    if datatype == "BYTES":
        return texts(_strings(raw, count), shape)
    dtype = DATATYPES[datatype]
    if len(raw) != count * dtype.itemsize:
        raise Invalid("another number of bytes")
    if datatype == "BOOL" and any(byte > 1 for byte in raw):
        raise Invalid("a BOOL that is neither 0 nor 1")
    return np.frombuffer(raw, dtype).reshape(shape)


def _flat(data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """The elements of lists that are nested as `shape` says."""
    if len(data) != shape[0]:
        raise Invalid("another nesting")
    if len(shape) == 1:
        return data
    found = []
    for item in data:
        if not isinstance(item, list):
            raise Invalid("another nesting")
        found += _flat(item, shape[1:])
    return found


def _floats(dtype: np.dtype[Any], flat: list[Any]) -> Array:
    if any(type(item) not in (int, float, Word) for item in flat):
        raise Invalid("an element is no number")
    try:
        doubles = np.array([float(item) for item in flat], np.float64)
    except OverflowError:
        raise Invalid("a number beyond every double") from None
    with np.errstate(over="ignore"):
        found = doubles.astype(dtype)
    words = np.array([type(item) is Word for item in flat], bool)
    if not np.isfinite(found[~words]).all():
        raise Invalid("a number out of range")
    return found


def _text(item: Any) -> bytes:
    if not isinstance(item, str):
        raise Invalid("an element is no string")
    try:
        return item.encode()
    except UnicodeEncodeError:
        raise Invalid("half of a surrogate pair") from None


def _strings(raw: bytes, count: int) -> list[bytes]:
    found = []
    place = 0
    for _ in range(count):
        size = int.from_bytes(raw[place : place + 4], "little")
        if place + 4 + size > len(raw):
            raise Invalid("an element beyond the end")
        found.append(raw[place + 4 : place + 4 + size])
        place += 4 + size
    if place != len(raw):
        raise Invalid("bytes after the last element")
    return found
