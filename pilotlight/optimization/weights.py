"""Weights in one file beside the graphs that share it.

Source of the format: docs/ExternalData.md of the ONNX project. Offsets are multiples of a page, so that ONNX Runtime
uses each tensor where it is mapped.
"""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import onnx
from onnx import numpy_helper

from pilotlight_runtime.datatypes import BY_ONNX, BYTES

MIN_BYTES: Final = 1024
"""Smaller tensors stay in the graph: shape inference reads them, and a page for each would be waste."""
_PAGE: Final = 4096


class WeightsFile:
    """Writes the tensors of one graph after the other to `path`; equal bytes are written once."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file = path.open("wb")
        self._places: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._file.tell()

    def move_weights(self, model: onnx.ModelProto, path: Path) -> None:
        """Moves the large tensors of `model`, which holds them all in memory, here and saves the rest to `path`."""
        for tensor in model.graph.initializer:
            if is_large(tensor):
                content = numpy_helper.to_array(tensor).tobytes()
                _point(tensor, self._name, self._place(content), len(content))
        self._file.flush()
        path.write_bytes(model.SerializeToString(deterministic=True))

    def truncate(self, size: int) -> None:
        """Forgets what was written past `size` bytes; nothing is written afterwards."""
        self._file.truncate(size)

    def _place(self, content: bytes) -> int:
        known = self._places.get(content)
        if known is None:
            known = self._places[content] = -(-self._file.tell() // _PAGE) * _PAGE
            self._file.write(b"\0" * (known - self._file.tell()) + content)
        return known


def is_large(tensor: onnx.TensorProto) -> bool:
    """Whether the tensor goes into the file; texts and elements of less than a byte do not."""
    return count_bytes(tensor) >= MIN_BYTES


def count_bytes(tensor: onnx.TensorProto) -> int:
    """The bytes of the tensor's elements, 0 where they have no fixed number of bytes each."""
    datatype = BY_ONNX.get(tensor.data_type)
    return 0 if datatype is None or datatype is BYTES else math.prod(tensor.dims) * datatype.itemsize


def _point(tensor: onnx.TensorProto, location: str, offset: int, length: int) -> None:
    kept = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    kept.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        kept.external_data.add(key=key, value=value)
    tensor.CopyFrom(kept)
