"""Writes an exported graph with its large weights in one file beside it, one tensor after another.

Source of the format: docs/ExternalData.md of the ONNX project.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.decoders.blocks import BLOCK, pack_zeros, quantize_rows
from pilotlight.language.encoders.blocks import find_matrix, make_block_node
from pilotlight.language.graph_writer import CONTRIB, PAGE, place_tensor
from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Bytes

_MIN_BYTES: Final = 1024
_HINT: Final = "Export the model again, with its weights in a file beside the graph."


def write_exported(model: onnx.ModelProto, source: Path, folder: Path, bits: int | None) -> int:
    """Write a graph, and its weights in a file beside it.

    Args:
        model: The graph, which is changed. Its weights may lie in files beside `source`.
        source: The file that it was read from.
        folder: The folder to write.
        bits: The bits of a weight in matrices of floats; None leaves them as they are.

    Returns:
        The number of matrices that are stored in blocks.

    Raises:
        ConversionError: Weights are missing, truncated, or outside the folder of `source`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / WEIGHTS_NAME).open("wb") as file:
        weights = _Weights(source, file)
        blocks = {} if bits is None else _quantize(model.graph, weights, bits)
        for tensor in _list_tensors(model.graph):
            if tensor.name not in blocks:
                weights.move(tensor)
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in blocks]
    del model.graph.initializer[:]
    model.graph.initializer.extend([*kept, *(tensor for parts in blocks.values() for tensor in parts)])
    if blocks and not any(entry.domain == CONTRIB for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    (folder / MODEL_NAME).write_bytes(model.SerializeToString(deterministic=True))
    return len(blocks)


def can_quantize(graph: onnx.GraphProto) -> bool:
    """Return whether a graph has matrices of floats that can be stored in blocks."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    found = (find_matrix(node, tensors) for node in graph.node if node.op_type == "MatMul")
    return any(matrix is not None and matrix.dims[0] % BLOCK == 0 for matrix in found)


class _Weights:
    """Reads the tensors of a graph, and writes them to one file.

    Args:
        source: The file of the graph.
        file: The file to write.
    """

    def __init__(self, source: Path, file: BinaryIO) -> None:
        self._source, self._file = source, file
        self._files: dict[str, Bytes] = {}
        self._known: dict[tuple[str, ...], tuple[int, int]] = {}

    def move(self, tensor: onnx.TensorProto) -> None:
        """Move a large tensor to the file. Tensors that share bytes go on sharing them."""
        external = tensor.data_location == TensorProto.EXTERNAL
        if tensor.data_type == TensorProto.STRING or (not external and tensor.ByteSize() < _MIN_BYTES):
            return
        key = tuple(f"{entry.key}={entry.value}" for entry in tensor.external_data) or (tensor.name,)
        if key not in self._known:
            self._known[key] = self.store(self.read(tensor))
        tensor.CopyFrom(place_tensor(tensor.name, tensor.data_type, tensor.dims, self._known[key]))

    def store(self, content: Bytes) -> tuple[int, int]:
        """Write bytes, and return where they lie and how many they are."""
        offset = -(-self._file.tell() // PAGE) * PAGE
        self._file.write(b"\0" * (offset - self._file.tell()))
        self._file.write(content.data)
        return offset, content.nbytes

    def place(self, name: str, array: NDArray[Any]) -> onnx.TensorProto:
        """Write an array, and return its tensor."""
        place = self.store(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        return place_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, place)

    def read(self, tensor: onnx.TensorProto) -> Bytes:
        """Return the bytes of a tensor."""
        if tensor.data_location != TensorProto.EXTERNAL:
            raw = tensor.raw_data if tensor.HasField("raw_data") else numpy_helper.to_array(tensor).tobytes()
            return np.frombuffer(raw, np.uint8)
        entries = {entry.key: entry.value for entry in tensor.external_data}
        content = self._open(entries.get("location", ""))
        start, length = (_read_number(entries, key) for key in ("offset", "length"))
        end = content.size if length is None else (start or 0) + length
        if end > content.size:
            what = f"has the weight {name_of(tensor.name)!r}, which ends behind its file {entries['location']}"
            raise ConversionError(str(self._source), what, "Download or export the model again.")
        return content[start or 0 : end]

    def _open(self, location: str) -> Bytes:
        if location not in self._files:
            path = PurePosixPath(location)
            file = self._source.parent / path
            if not location or path.is_absolute() or ".." in path.parts:
                what = f"keeps weights in {name_of(location)!r}, outside its own folder"
                raise ConversionError(str(self._source), what, _HINT)
            if not file.is_file() or not file.stat().st_size:
                what = f"keeps weights in {name_of(location)}, which is not there"
                raise ConversionError(str(self._source), what, "Put that file beside it.")
            self._files[location] = np.memmap(file, np.uint8, mode="r")
        return self._files[location]


def _read_number(entries: dict[str, str], key: str) -> int | None:
    value = entries.get(key, "")
    return int(value) if value.isdecimal() and len(value) <= 18 else None


def _list_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Yield the tensors of a graph and of the graphs inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _list_tensors(attribute.g)


def _quantize(graph: onnx.GraphProto, weights: _Weights, bits: int) -> dict[str, list[onnx.TensorProto]]:
    """Have the graph read matrices of floats in blocks. Return the tensors of the blocks by the name of the matrix."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    made: dict[str, list[onnx.TensorProto]] = {}
    for node in graph.node:
        matrix = find_matrix(node, tensors)
        table = node.op_type == "Gather"
        if matrix is None or uses[matrix.name] != 1 or matrix.dims[1 if table else 0] % BLOCK:
            continue
        floats = weights.read(matrix).view(np.float32).reshape(tuple(matrix.dims))
        rows = np.ascontiguousarray(floats if table else floats.T)
        made[matrix.name] = _store_blocks(matrix.name, rows, weights, bits, table=table)
        names = [tensor.name for tensor in made[matrix.name]]
        node.CopyFrom(make_block_node(node, names, rows.shape, bits, table=table))
    return made


def _store_blocks(name: str, rows: Any, weights: _Weights, bits: int, *, table: bool) -> list[onnx.TensorProto]:
    """Write the blocks of a matrix, and return their tensors."""
    blocks = quantize_rows(rows, bits)
    values = blocks.values if table else blocks.values.reshape(len(rows), -1, bits * BLOCK // 8)
    parts: dict[str, NDArray[Any]] = {"blocks": values, "scales": blocks.scales}
    if blocks.zeros is not None:
        parts["zeros"] = pack_zeros(blocks.zeros, bits)
    return [weights.place(f"{name}.{part}", array) for part, array in parts.items()]
