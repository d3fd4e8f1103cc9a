"""A Session on ONNX Runtime's own Python package: the reference that the C binding is compared with."""

from collections.abc import Mapping, Sequence
from ctypes import string_at
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor, element_count

_BY_TYPE_NAME = {
    "tensor(bool)": "BOOL",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(bfloat16)": "BF16",
    "tensor(string)": "BYTES",
    **{f"tensor({kind}{bits})": f"{kind.upper()}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
}


def open_session(path: Path, threads: int) -> "ReferenceSession":
    """Opens the graph at `path` with `threads` threads inside an operator."""
    return ReferenceSession(path, threads)


class ReferenceSession:
    """An ONNX Runtime session on the CPU. BYTES are UTF-8 here: the Python package knows strings, not bytes."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise SessionError(f"ONNX Runtime cannot open {path}: {error}") from error
        self.signature = Signature(
            tuple(_spec(node) for node in self._session.get_inputs()),
            tuple(_spec(node) for node in self._session.get_outputs()),
        )

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        specs = {spec.name: spec for spec in self.signature.outputs}
        try:
            if any(tensor.datatype is BYTES for tensor in inputs.values()):  # an OrtValue cannot be made of text here
                arrays = self._session.run(list(outputs), {name: _array(tensor) for name, tensor in inputs.items()})
                return [
                    Tensor.from_numpy(np.asarray(array), specs[name].datatype)
                    for array, name in zip(arrays, outputs, strict=True)
                ]
            values = {name: _value(tensor) for name, tensor in inputs.items()}
            found = self._session.run_with_ort_values(list(outputs), values)
            return [_tensor(value, specs[name]) for value, name in zip(found, outputs, strict=True)]
        except Exception as error:
            raise InferenceFailed("the model failed on this input") from error


def _array(tensor: Tensor) -> NDArray[Any]:
    if tensor.datatype is BF16:
        raise ValueError("the Python package takes no BF16 beside text")
    if tensor.datatype is not BYTES:
        return tensor.numpy()
    texts = np.empty(tensor.count, dtype=object)
    texts[:] = [element.decode() for element in tensor.elements]
    return texts.reshape(tensor.shape)


def _value(tensor: Tensor) -> Any:
    if tensor.datatype is BF16:
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(tensor.numpy(), BF16.onnx)
    return onnxruntime.OrtValue.ortvalue_from_numpy(tensor.numpy())


def _tensor(value: Any, spec: TensorSpec) -> Tensor:
    if spec.datatype is BF16:  # numpy has no such type, so the package hands out an address
        shape = tuple(value.shape())
        size = element_count(shape) * BF16.itemsize
        return Tensor(BF16, shape, memoryview(string_at(value.data_ptr(), size)))
    return Tensor.from_numpy(value.numpy(), spec.datatype)


def _spec(node: Any) -> TensorSpec:
    kind = _BY_TYPE_NAME.get(node.type)
    if kind is None:
        raise SessionError(f"{node.name} is {node.type}, which the protocol cannot carry")
    shape = tuple(size if isinstance(size, int) else -1 for size in node.shape)
    return TensorSpec(node.name, DATATYPES[kind], shape)
