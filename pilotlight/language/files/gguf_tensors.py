"""The tensors of a GGUF file, mapped and dequantized a few rows at a time."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.files.gguf_header import GgufHeader, TensorPlace
from pilotlight.language.files.tensor_file import Blocks
from pilotlight.language.packages import import_package

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Bytes, Floats

_Q4_0: Final = 2
_Q8_0: Final = 8
_SCALE_BYTES: Final = 2
"""Q4_0 and Q8_0 begin each block of 32 weights with a scale of 16 bits."""


class _Layout(NamedTuple):
    """How a ggml type stores weights.

    Attributes:
        kind: The type, a member of gguf.GGMLQuantizationType.
        weights: The number of weights of a block.
        size: The bytes of a block.
    """

    kind: Any
    weights: int
    size: int


class GgufTensors:
    """A TensorFile of a GGUF file. Every tensor's size is checked when it is opened.

    Args:
        path: The file.
        header: Its header.

    Raises:
        ConversionError: A tensor lies outside the file, has an unknown type, or overlaps another one.
    """

    def __init__(self, path: Path, header: GgufHeader) -> None:
        import numpy as np

        self._gguf = import_package("gguf")
        self.where = str(path)
        self._places = header.tensors
        self._layouts = {name: _find_layout(self._gguf, self.where, name, header) for name in header.tensors}
        _check_overlaps(self.where, header, self._layouts)
        self._content = np.memmap(path, dtype=np.uint8, mode="r")

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
        layout = self._layouts[name]
        return 8 * layout.size / layout.weights

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Floats:
        """See TensorFile."""
        import numpy as np

        layout, columns = self._layouts[name], self._places[name].shape[-1]
        rows = self._rows(name, start, stop)
        found = self._gguf.quants.dequantize(rows, layout.kind)
        shape = self._places[name].shape if len(self._places[name].shape) == 1 else (len(rows), columns)
        return np.ascontiguousarray(found, dtype=np.float32).reshape(shape)

    def read_blocks(self, name: str, bits: int, start: int, stop: int) -> Blocks | None:
        """See TensorFile. Q8_0 is 8-bit blocks around 128, and Q4_0 4-bit blocks around 8."""
        import numpy as np

        kind = self._places[name].kind
        if (bits, kind) not in ((8, _Q8_0), (4, _Q4_0)):
            return None
        blocks = self._rows(name, start, stop).reshape(stop - start, -1, self._layouts[name].size)
        scales = np.ascontiguousarray(blocks[:, :, :_SCALE_BYTES]).view(np.float16)[:, :, 0].astype(np.float32)
        values = blocks[:, :, _SCALE_BYTES:]
        values = values ^ np.uint8(128) if bits == 8 else _interleave(values)
        return Blocks(values.reshape(stop - start, -1), scales, None)

    def _rows(self, name: str, start: int, stop: int | None) -> Bytes:
        """Return rows as bytes."""
        place, layout = self._places[name], self._layouts[name]
        rows = math.prod(place.shape[:-1])
        stop = rows if stop is None else stop
        row = place.shape[-1] // layout.weights * layout.size
        return self._content[place.start + start * row : place.start + stop * row].reshape(stop - start, row)


def _interleave(values: Bytes) -> Bytes:
    """Reorder 4-bit values: Q4_0 has weights 0 to 15 of a block in the low halves, 16 to 31 in the high ones."""
    import numpy as np

    weights = np.concatenate([values & 15, values >> 4], axis=-1)
    packed: Bytes = weights[..., 0::2] | (weights[..., 1::2] << 4)
    return packed


def _find_layout(gguf: ModuleType, where: str, name: str, header: GgufHeader) -> _Layout:
    place = header.tensors[name]
    try:
        kind = gguf.GGMLQuantizationType(place.kind)
        layout = _Layout(kind, *gguf.GGML_QUANT_SIZES[kind])
    except (ValueError, KeyError):
        hint = "Upgrade the package gguf, or convert the model again with another type, such as Q8_0."
        raise ConversionError(where, f"has the tensor {name_of(name)!r} of unknown type {place.kind}", hint) from None
    if place.shape[-1] % layout.weights:
        what = f"has the tensor {name_of(name)!r} with rows of {place.shape[-1]}, no multiple of {layout.weights}"
        raise ConversionError(where, what, "Convert the model again.")
    end = place.start + _count_bytes(place, layout)
    if end > header.size:
        what = f"is truncated: the tensor {name_of(name)!r} ends at byte {end:,}, and the file at {header.size:,}"
        raise ConversionError(where, what, "Download the file again.")
    return layout


def _check_overlaps(where: str, header: GgufHeader, layouts: dict[str, _Layout]) -> None:
    before, end = "", 0
    for name in sorted(header.tensors, key=lambda name: header.tensors[name].start):
        place = header.tensors[name]
        if place.start < end:
            what = f"has tensors that overlap: {name_of(before)!r} and {name_of(name)!r}"
            raise ConversionError(where, what, "Convert the model again: an offset or a shape is wrong.")
        before, end = name, place.start + _count_bytes(place, layouts[name])


def _count_bytes(place: TensorPlace, layout: _Layout) -> int:
    return math.prod(place.shape) // layout.weights * layout.size
