"""The header of a GGUF file: its metadata, and where its tensors lie.

Source of the format: docs/gguf.md of the ggml project. Every number is checked against the size of the file before
anything is read by it, so that a truncated or hostile file is refused and takes no memory.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import name_of

MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_DEFAULT_ALIGNMENT: Final = 32
_MOST_DIMENSIONS: Final = 4
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The struct format of each type of number."""
_HINT: Final = "Download the file again, or convert the model again with llama.cpp's convert_hf_to_gguf.py."


class TensorPlace(NamedTuple):
    """Where a tensor of a GGUF file lies.

    Attributes:
        shape: Its dimensions, rows first, as numpy has them. The file holds them the other way round.
        kind: The number of its ggml type.
        start: The byte of the file at which it begins.
    """

    shape: tuple[int, ...]
    kind: int
    start: int


class GgufHeader(NamedTuple):
    """The header of a GGUF file.

    Attributes:
        metadata: Values by key, such as "general.architecture".
        tensors: Where each tensor lies, by its name.
        size: The size of the file in bytes.
    """

    metadata: Mapping[str, Any]
    tensors: Mapping[str, TensorPlace]
    size: int


def is_gguf(path: Path) -> bool:
    """Return whether a file begins as GGUF does."""
    with open_file(path, _origin(path)) as file:
        return file.read(len(MAGIC)) == MAGIC


def read_gguf_header(path: Path) -> GgufHeader:
    """Read the header of a GGUF file. The tensors themselves are not read.

    Args:
        path: The file.

    Raises:
        ConversionError: The file is no GGUF file of version 2 or 3, or is truncated.
    """
    origin = _origin(path)
    with open_file(path, origin) as file:
        size = file.seek(0, 2)
        if size < len(MAGIC):
            raise origin.refuse("is no GGUF file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            cursor = _Cursor(content, size, origin)
            counts = _read_counts(cursor)
            metadata = _read_metadata(cursor, counts[1])
            tensors = _read_places(cursor, counts[0], metadata)
    return GgufHeader(metadata, tensors, size)


class _Cursor:
    """Reads one value after another, and refuses to read beyond the end of the file."""

    def __init__(self, content: mmap.mmap, size: int, origin: Origin) -> None:
        self.content, self.size, self.origin = content, size, origin
        self.at = 0

    def take(self, layout: str) -> Any:
        """Return the next number, which struct's `layout` describes."""
        (value,) = struct.unpack("<" + layout, self.take_bytes(struct.calcsize("<" + layout)))
        return value

    def take_bytes(self, count: int) -> bytes:
        self.need(count)
        self.at += count
        return self.content[self.at - count : self.at]

    def take_text(self) -> str:
        raw = self.take_bytes(self.take("Q"))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise self.origin.refuse(f"has text that is not UTF-8 before byte {self.at:,}") from None

    def need(self, count: int) -> None:
        if count > self.size - self.at:
            what = f"is truncated: it ends at byte {self.size:,}, and {count:,} more are needed after byte {self.at:,}"
            raise self.origin.refuse(what)


def _origin(path: Path) -> Origin:
    return Origin(str(path), _HINT, ConversionError)


def _read_counts(cursor: _Cursor) -> tuple[int, int]:
    """Read the magic number and the version; return the number of tensors and of metadata values."""
    if cursor.take_bytes(len(MAGIC)) != MAGIC:
        raise cursor.origin.refuse("is no GGUF file")
    version = cursor.take("I")
    if version not in _VERSIONS:
        turned = int.from_bytes(version.to_bytes(4, "little"), "big")
        what = "is big-endian" if turned in _VERSIONS else f"has GGUF version {version}"
        raise cursor.origin.refuse(f"{what}; supported are little-endian files of version 2 and 3")
    tensors, values = cursor.take("Q"), cursor.take("Q")
    cursor.need(values * 13)  # the smallest value has a name of 8 bytes, a type of 4 and 1 byte
    cursor.need(tensors * 32)
    return tensors, values


def _read_metadata(cursor: _Cursor, count: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    for _ in range(count):
        name = cursor.take_text()
        if name in metadata:
            raise cursor.origin.refuse(f"has the metadata {name_of(name)!r} twice")
        metadata[name] = _read_value(cursor, cursor.take("I"), name)
    return metadata


def _read_value(cursor: _Cursor, kind: int, name: str) -> Any:
    if kind in _SCALARS:
        return cursor.take(_SCALARS[kind])
    if kind == _STRING:
        return cursor.take_text()
    if kind != _ARRAY:
        raise cursor.origin.refuse(f"has metadata {name_of(name)!r} of the unknown type {kind}")
    inner, count = cursor.take("I"), cursor.take("Q")
    if inner == _STRING:
        cursor.need(count * 8)
        return [cursor.take_text() for _ in range(count)]
    if inner not in _SCALARS:
        raise cursor.origin.refuse(f"has metadata {name_of(name)!r}, a list of the unsupported type {inner}")
    raw = cursor.take_bytes(count * struct.calcsize("<" + _SCALARS[inner]))
    return list(struct.unpack(f"<{count}{_SCALARS[inner]}", raw))


def _read_places(cursor: _Cursor, count: int, metadata: Mapping[str, Any]) -> dict[str, TensorPlace]:
    found: dict[str, TensorPlace] = {}
    for _ in range(count):
        name = cursor.take_text()
        if name in found:
            raise cursor.origin.refuse(f"has the tensor {name_of(name)!r} twice")
        dimensions = cursor.take("I")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise cursor.origin.refuse(f"has the tensor {name_of(name)!r} with {dimensions} dimensions")
        shape = tuple(cursor.take("Q") for _ in range(dimensions))[::-1]
        if math.prod(shape) == 0:
            raise cursor.origin.refuse(f"has the empty tensor {name_of(name)!r}")
        found[name] = TensorPlace(shape, cursor.take("I"), cursor.take("Q"))
    alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise cursor.origin.refuse(f"has the alignment {alignment!r}, which is no power of two")
    base = -(-cursor.at // alignment) * alignment
    return {name: place._replace(start=base + place.start) for name, place in found.items()}
