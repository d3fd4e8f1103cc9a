"""Weights in one file beside the graphs that share it.

Source of the format: docs/ExternalData.md of the ONNX project. Offsets are multiples of a page, so ONNX Runtime uses
each tensor where it is mapped.
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
"""Smaller tensors stay in the graph: shape inference reads them, and a page for each would waste space."""
_PAGE: Final = 4096


class WeightsFile:
    """Writes the tensors of one graph after another to one file. Equal tensors are written once.

    Args:
        path: The file, which is created.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file = path.open("wb")
        self._offsets: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def size(self) -> int:
        """The number of bytes written."""
        return self._file.tell()

    def move_weights(self, model: onnx.ModelProto, path: Path) -> None:
        """Move the large tensors of a model to this file, and save the rest.

        Args:
            model: The model with all its tensors in memory.
            path: The graph file to write, in the same folder.
        """
        for tensor in model.graph.initializer:
            if is_large(tensor):
                content = numpy_helper.to_array(tensor).tobytes()
                _set_location(tensor, self._name, self._store(content), len(content))
        self._file.flush()
        path.write_bytes(model.SerializeToString(deterministic=True))

    def truncate(self, size: int) -> None:
        """Remove the content after `size` bytes. Nothing may be written afterwards."""
        self._file.truncate(size)

    def _store(self, content: bytes) -> int:
        known = self._offsets.get(content)
        if known is None:
            known = self._offsets[content] = -(-self._file.tell() // _PAGE) * _PAGE
            self._file.write(b"\0" * (known - self._file.tell()) + content)
        return known


def is_large(tensor: onnx.TensorProto) -> bool:
    """Return whether a tensor goes to the file. Texts, and elements smaller than a byte, do not."""
    return count_bytes(tensor) >= MIN_BYTES


def count_bytes(tensor: onnx.TensorProto) -> int:
    """Return the bytes of a tensor's elements; 0 where elements have no fixed number of bytes."""
    datatype = BY_ONNX.get(tensor.data_type)
    return 0 if datatype is None or datatype is BYTES else math.prod(tensor.dims) * datatype.itemsize


def _set_location(tensor: onnx.TensorProto, location: str, offset: int, length: int) -> None:
    kept = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    kept.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        kept.external_data.add(key=key, value=value)
    tensor.CopyFrom(kept)
