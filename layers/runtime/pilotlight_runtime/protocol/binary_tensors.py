"""Tensors to raw bytes and back.

Source: Triton's binary tensor data extension: little-endian, row-major; BOOL 1 byte; a BYTES element has its length
before it in 4 bytes.
"""

from __future__ import annotations

import struct

from pilotlight_runtime.datatypes import BOOL, BYTES, Datatype
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.tensor import Tensor, element_count

_LENGTH: Final = struct.Struct("<I")


def decode_binary(where: str, kind: Datatype, shape: tuple[int, ...], raw: memoryview) -> Tensor:
    """Reads the tensor in `raw`, without a copy except for BYTES; InvalidRequest where the length is wrong.

    where: the field, for messages.
    """
    count = element_count(shape)
    if kind is BYTES:
        return Tensor(kind, shape, _elements(where, count, raw))
    if len(raw) != count * kind.itemsize:
        raise InvalidRequest(
            f"{where}: binary_data_size is {len(raw)}, but shape {list(shape)} of {kind.name}"
            f" has {count * kind.itemsize} bytes"
        )
    if kind is BOOL and bytes(raw).translate(None, b"\0\1"):
        raise InvalidRequest(f"{where}: a BOOL byte must be 0 or 1")
    return Tensor(kind, shape, raw)


def encode_binary(tensor: Tensor) -> memoryview:
    """The tensor's bytes, without a copy except for BYTES."""
    if tensor.datatype is not BYTES:
        return tensor.buffer
    return memoryview(b"".join(part for element in tensor.elements for part in (_LENGTH.pack(len(element)), element)))


def _elements(where: str, count: int, raw: memoryview) -> tuple[bytes, ...]:
    if count * _LENGTH.size > len(raw):
        raise InvalidRequest(f"{where}: {len(raw)} bytes cannot hold {count} BYTES elements of 4 or more bytes each")
    elements = []
    start = 0
    for index in range(count):
        end = start + _LENGTH.size
        if end <= len(raw):
            start, end = end, end + _LENGTH.unpack_from(raw, start)[0]
        if end > len(raw):
            raise InvalidRequest(f"{where}: element {index} ends at byte {end} of {len(raw)}")
        elements.append(bytes(raw[start:end]))
        start = end
    if start != len(raw):
        raise InvalidRequest(f"{where}: {len(raw) - start} bytes follow the last of {count} BYTES elements")
    return tuple(elements)
