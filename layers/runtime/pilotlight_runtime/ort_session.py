"""A Session on ONNX Runtime's own Python package."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES, Datatype
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

_BY_TYPE_NAME = {
    "tensor(bool)": "BOOL",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(bfloat16)": "BF16",
    "tensor(string)": "BYTES",
    **{f"tensor({kind}{bits})": f"{kind.upper()}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
}


def open_session(path: Path, threads: int) -> "OrtSession":
    """Opens the graph at `path` with `threads` threads inside an operator."""
    return OrtSession(path, threads)


class OrtSession:
    """An ONNX Runtime session on the CPU."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime  # noqa: PLC0415  (heavy)

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise SessionError(f"ONNX Runtime cannot open {path}: {error}") from error
        self.signature = Signature(
            tuple(_spec(node) for node in self._session.get_inputs()),
            tuple(_spec(node) for node in self._session.get_outputs()),
        )

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        """See Session.run."""
        from onnxruntime import OrtValue  # noqa: PLC0415  (heavy)

        values = {}
        for name, tensor in inputs.items():
            array = tensor.numpy()
            if tensor.datatype is BYTES:
                array = array.astype(object)
                array = _decoded(array)
            if tensor.datatype is BF16:
                values[name] = OrtValue.ortvalue_from_numpy_with_onnx_type(array, BF16.onnx)
            else:
                values[name] = OrtValue.ortvalue_from_numpy(array)
        try:
            found = self._session.run_with_ort_values(list(outputs), values)
        except Exception as error:
            raise InferenceFailed("the model failed on this input") from error
        specs = [self.signature.output(name) for name in outputs]
        return [
            Tensor.from_numpy(value.numpy(), spec.datatype)
            for value, spec in zip(found, specs, strict=True)
            if spec is not None
        ]


def _decoded(array: object) -> object:
    import numpy as np  # noqa: PLC0415  (heavy)

    return np.vectorize(lambda e: e.decode("utf-8", "surrogateescape"), otypes=[object])(array)


def _spec(node: object) -> TensorSpec:
    kind = _BY_TYPE_NAME.get(node.type)  # type: ignore[attr-defined]
    if kind is None:
        raise SessionError(f"{node.name} is {node.type}, which the protocol cannot carry")  # type: ignore[attr-defined]
    found: Datatype = DATATYPES[kind]
    shape = tuple(size if isinstance(size, int) else -1 for size in node.shape)  # type: ignore[attr-defined]
    return TensorSpec(node.name, found, shape)  # type: ignore[attr-defined]
