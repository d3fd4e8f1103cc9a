"""ONNX files, which need no conversion. A train.py of any framework may export a file and return its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.helper import tensor_dtype_to_np_dtype

from pilotlight.conversion.graph import read_graph
from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight.conversion.onnx.zip_maps import undo_zip_maps
from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BF16, Datatype
from pilotlight_runtime.signature import Signature


class OnnxAdapter:
    """The adapter of ONNX. A model is the path of an .onnx file."""

    name = "ONNX"
    tools = ("onnx", "onnxruntime")

    def accepts(self, model: Any) -> bool:
        """Return whether `model` is the path of an .onnx file."""
        return isinstance(model, Path) and self.accepts_file(model)

    def accepts_file(self, path: Path) -> bool:
        """Return whether `path` is an .onnx file."""
        return path.suffix == ".onnx"

    def load(self, path: Path) -> Path:
        """Check that the file is an ONNX model, and return its path."""
        read_graph(path)
        return path

    def predict(self, model: Path, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs with ONNX's reference implementation. It is slow, and shares no code with ONNX Runtime.

        Raises:
            ConversionError: The reference implementation cannot compute the graph.
        """
        from onnx.reference import ReferenceEvaluator

        names = [spec.name for spec in signature.outputs]
        given = {spec.name: _to_onnx_array(inputs[spec.name], spec.datatype) for spec in signature.inputs}
        try:
            graph = onnx.load(model)
            found = ReferenceEvaluator(graph if undo_zip_maps(graph) else str(model)).run(names, given)
        except Exception as error:
            raise ConversionError(
                str(model),
                f"cannot be computed by ONNX's reference implementation ({kind_and_first_line(error)})",
                "Provide expected outputs.",
            ) from error
        return dict(zip(names, (np.asarray(array) for array in found), strict=True))

    def export(self, model: Path, config: ModelConfig, into: Path) -> None:  # noqa: ARG002  (the graph is final)
        """Copy the file and its external data."""
        import_onnx(model, into)


def _to_onnx_array(array: Array, datatype: Datatype) -> Array:
    """Give BF16 its own dtype. It arrives as bits in uint16, which the reference implementation takes for integers."""
    if datatype is BF16 and array.dtype == np.uint16:
        return array.view(tensor_dtype_to_np_dtype(BF16.onnx))
    return array
