"""Writes an ONNX graph node by node, and its large tensors straight to a file beside it.

Only one part of one tensor is in memory at a time, so a model may be larger than the memory.
Source of the format: docs/ExternalData.md of the ONNX project.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import onnx
from onnx import helper, numpy_helper

from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME

if TYPE_CHECKING:
    from pilotlight.core.artifacts import Array

CONTRIB: Final = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
_OPSET: Final = 21
_IR_VERSION: Final = 10
_MIN_BYTES: Final = 1024
"""Smaller tensors stay in the graph."""
PAGE: Final = 4096


class GraphWriter:
    """Writes a graph to MODEL_NAME and its weights to WEIGHTS_NAME of a folder.

    Args:
        folder: The folder, which is created.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, onnx.TensorProto] = {}
        self._file = (folder / WEIGHTS_NAME).open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def node(self, operator: str, inputs: Sequence[str], name: str, *, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return the output's name.

        Args:
            operator: The operator.
            inputs: The names of its inputs; "" for one that is left out.
            name: The name of the node and of its output.
            domain: The operator's domain.
            **attributes: Its attributes.
        """
        return self.nodes(operator, inputs, (name,), domain=domain, **attributes)[0]

    def nodes(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], *, domain: str = "", **attributes: Any
    ) -> Sequence[str]:
        """Add a node with several outputs, and return their names. The node has the name of the first."""
        made = helper.make_node(operator, list(inputs), list(outputs), name=outputs[0], domain=domain, **attributes)
        self._nodes.append(made)
        return outputs

    def constant(self, name: str, array: Array) -> str:
        """Add a tensor, and return its name."""
        if array.nbytes < _MIN_BYTES:
            self._tensors[name] = numpy_helper.from_array(array, name)
            return name
        return self.stream(name, array.dtype, array.shape, (array,))

    def stream(self, name: str, dtype: Any, shape: Sequence[int], parts: Iterable[Array]) -> str:
        """Add a large tensor of which one part after another is written, and return its name.

        Args:
            name: The tensor.
            dtype: Its numpy type.
            shape: Its shape.
            parts: Consecutive rows of it.
        """
        offset = -(-self._file.tell() // PAGE) * PAGE
        self._file.write(b"\0" * (offset - self._file.tell()))
        for part in parts:
            self._file.write(part.astype(dtype, copy=False).tobytes())
        length = self._file.tell() - offset
        if length != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name} of shape {shape} got {length} bytes")
        self._tensors[name] = place_tensor(name, helper.np_dtype_to_tensor_dtype(dtype), shape, (offset, length))
        return name

    def reshape(self, name: str, other: str, shape: Sequence[int]) -> str:
        """Add a tensor with the bytes of another one in another shape, and return its name.

        The graph need not use the other one: only tensors that a node reads are saved.
        """
        same = onnx.TensorProto()
        same.CopyFrom(self._tensors[other])
        same.name = name
        del same.dims[:]
        same.dims.extend(shape)
        self._tensors[name] = same
        return name

    def save(self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]) -> None:
        """Write the graph. Nothing may be added afterwards.

        Args:
            name: The name of the graph.
            inputs: Its inputs.
            outputs: Its outputs.
        """
        self._file.flush()
        used = {each for node in self._nodes for each in node.input}
        tensors = [tensor for each, tensor in self._tensors.items() if each in used]
        graph = helper.make_graph(self._nodes, name, inputs, outputs, tensors)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="pilotlight")
        (self._folder / MODEL_NAME).write_bytes(model.SerializeToString(deterministic=True))


def place_tensor(name: str, datatype: int, shape: Sequence[int], place: tuple[int, int]) -> onnx.TensorProto:
    """Return a tensor whose bytes lie in WEIGHTS_NAME.

    Args:
        name: The tensor.
        datatype: Its ONNX datatype.
        shape: Its shape.
        place: Its first byte there, and the number of its bytes.
    """
    tensor = onnx.TensorProto(name=name, data_type=datatype, dims=shape)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS_NAME), ("offset", str(place[0])), ("length", str(place[1]))):
        tensor.external_data.add(key=key, value=value)
    return tensor
