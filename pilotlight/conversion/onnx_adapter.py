"""ONNX as it is: a train.py of any framework may export on its own and return the path of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx.helper import tensor_dtype_to_np_dtype

from pilotlight.conversion.graph import read_graph
from pilotlight.conversion.importing import import_onnx
from pilotlight.core.artifacts import Array, Named
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import first_line
from pilotlight.core.modelconfig import ModelConfig
from pilotlight_runtime.datatypes import BF16, Datatype
from pilotlight_runtime.signature import Signature


class OnnxAdapter:
    """A model is the path of an .onnx file."""

    name = "ONNX"
    tools = ("onnx", "onnxruntime")

    def takes(self, model: Any) -> bool:
        return isinstance(model, Path) and self.reads(model)

    def reads(self, path: Path) -> bool:
        return path.suffix == ".onnx"

    def load(self, path: Path) -> Path:
        read_graph(path)
        return path

    def predict(self, model: Path, inputs: Named, signature: Signature) -> Named:
        """By ONNX's own reference implementation in numpy: slow, and no code of it is shared with ONNX Runtime."""
        from onnx.reference import ReferenceEvaluator

        names = [spec.name for spec in signature.outputs]
        given = {spec.name: _as_onnx(inputs[spec.name], spec.datatype) for spec in signature.inputs}
        try:
            found = ReferenceEvaluator(str(model)).run(names, given)
        except Exception as error:
            raise ConversionError(
                str(model),
                f"cannot be computed by ONNX's reference implementation ({first_line(error)})",
                "Give expected outputs.",
            ) from error
        return dict(zip(names, (np.asarray(array) for array in found), strict=True))

    def export(self, model: Path, config: ModelConfig, into: Path) -> None:  # noqa: ARG002  (the graph is final)
        import_onnx(model, into)


def _as_onnx(array: Array, datatype: Datatype) -> Array:
    """BF16 comes as its bits in uint16, on which the reference implementation would compute as whole numbers."""
    if datatype is BF16 and array.dtype == np.uint16:
        return array.view(tensor_dtype_to_np_dtype(BF16.onnx))
    return array
