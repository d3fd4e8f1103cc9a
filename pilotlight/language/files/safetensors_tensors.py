"""The tensors of safetensors files, mapped and read a few rows at a time.

Source of the format: README.md of the safetensors project. numpy has no bfloat16, so its bits are widened here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pilotlight.core.documents import Limits, parse_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, open_file
from pilotlight.core.printable import name_of

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Blocks, Floats

_LENGTH_BYTES: Final = 8
_MOST_HEADER: Final = 100 * MEBIBYTE
"""The limit of the safetensors library."""
_ITEM_BYTES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_DTYPES: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_HINT: Final = "Download the file again."


class _Place(NamedTuple):
    """Where a tensor lies: its file by number, its first byte there, its type and its shape."""

    file: int
    start: int
    kind: str
    shape: tuple[int, ...]


class SafetensorsTensors:
    """A TensorFile of one or several safetensors files.

    Args:
        folder: The folder, for messages.
        files: The files.

    Raises:
        ConversionError: A file is truncated or is none of safetensors, a tensor's size is wrong, or two have one name.
    """

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        import numpy as np

        self.where = str(folder)
        self._places: dict[str, _Place] = {}
        for number, file in enumerate(files):
            found = _read_places(file, number)
            twice = found.keys() & self._places.keys()
            if twice:
                raise ConversionError(str(file), f"has the tensor {name_of(min(twice))!r} of another file too", _HINT)
            self._places |= found
        self._contents = [np.memmap(file, dtype=np.uint8, mode="r") for file in files]

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def names(self) -> list[str]:
        """See TensorFile."""
        return list(self._places)

    def shape(self, name: str) -> tuple[int, ...]:
        """See TensorFile."""
        return self._places[name].shape

    def bits(self, name: str) -> float:
        """See TensorFile."""
        return 8 * _item_bytes(self.where, name, self._places[name].kind)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Floats:
        """See TensorFile."""
        import numpy as np

        file, offset, kind, shape = self._places[name]
        size = _item_bytes(self.where, name, kind)
        rows = shape[0] if shape else 1
        stop = rows if stop is None else stop
        row = size * math.prod(shape[1:])
        raw = self._contents[file][offset + start * row : offset + stop * row].tobytes()
        found = np.frombuffer(raw, dtype=_DTYPES[kind])
        if kind == "BF16":  # the upper half of a 32-bit float
            found = (found.astype(np.uint32) << 16).view(np.float32)
        return found.astype(np.float32, copy=False).reshape((stop - start, *shape[1:]) if shape else ())

    def read_blocks(self, name: str, bits: int, start: int, stop: int) -> Blocks | None:
        """See TensorFile. These files hold floats."""
        del name, bits, start, stop
        return None


def _item_bytes(where: str, name: str, kind: str) -> int:
    if kind not in _ITEM_BYTES:
        what = f"has the tensor {name_of(name)!r} of type {name_of(kind)}, not one of {', '.join(_ITEM_BYTES)}"
        raise ConversionError(where, what, "Save the weights as bfloat16, float16 or float32; they are quantized here.")
    return _ITEM_BYTES[kind]


def _read_places(path: Path, number: int) -> dict[str, _Place]:
    origin = Origin(str(path), _HINT, ConversionError)
    with open_file(path, origin) as file:
        size = file.seek(0, 2)
        file.seek(0)
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        base = _LENGTH_BYTES + length
        if size < _LENGTH_BYTES or length > _MOST_HEADER or base > size:
            raise origin.refuse(f"is truncated or no safetensors file: its header has {length:,} of {size:,} bytes")
        raw = file.read(length)
    try:
        header = parse_object(raw, Limits(bytes=_MOST_HEADER, parts=4_000_000))
    except ValueError as error:
        raise origin.refuse(f"is no safetensors file: its header {error}") from error
    header.pop("__metadata__", None)
    return {name: _read_place(origin, name, entry, base, size)._replace(file=number) for name, entry in header.items()}


def _read_place(origin: Origin, name: str, entry: Any, base: int, size: int) -> _Place:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(start), int(stop)]} if all(
            type(length) is int and length >= 0 for length in shape
        ):
            pass
        case _:
            raise origin.refuse(f"has the tensor {name_of(name)!r} without dtype, shape and data_offsets")
    if not 0 <= start <= stop or base + stop > size:
        what = f"is truncated: the tensor {name_of(name)!r} ends at byte {base + stop:,}, and the file at {size:,}"
        raise origin.refuse(what)
    wanted = math.prod(shape) * _ITEM_BYTES.get(kind, 0)
    if wanted and wanted != stop - start:
        what = f"has the tensor {name_of(name)!r} of shape {shape}, which has {wanted:,} bytes and not {stop - start:,}"
        raise origin.refuse(what)
    return _Place(0, base + start, kind, tuple(shape))
