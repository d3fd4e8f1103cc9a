"""PyTorch modules, converted by torch.onnx.export."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.conversion.torch.calls import call_module, to_array, to_tensor
from pilotlight.conversion.torch.errors import refuse_call
from pilotlight.conversion.torch.example import Source
from pilotlight.conversion.torch.file import SUFFIXES, load_torch_file
from pilotlight.conversion.torch.graph import quiet, write_onnx
from pilotlight.conversion.torch.judged import judged
from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.signature import Signature

_BATCH: Final = 256
_MODELS: Final = frozenset(
    {("torch.nn.modules.module", "Module"), ("torch.export.exported_program", "ExportedProgram")}
)
_DATATYPES: Final = frozenset({"BOOL", "UINT8", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BF16"})
"""The datatypes of which PyTorch computes."""


class TorchAdapter:
    """The adapter of PyTorch. A model is a torch.nn.Module, of TorchScript too, or a torch.export.ExportedProgram."""

    name = "PyTorch"
    tools = ("torch", "onnxscript")

    def accepts(self, model: Any) -> bool:
        """Return whether `model` is PyTorch's, without importing PyTorch."""
        return any((kind.__module__, kind.__name__) in _MODELS for kind in type(model).__mro__)

    def accepts_file(self, path: Path) -> bool:
        """Return whether the suffix of `path` is one of PyTorch's."""
        return path.suffix.lower() in SUFFIXES

    def load(self, path: Path) -> Any:
        """Load a .pt2 file of torch.export.save or a TorchScript file. No pickle that can run code is loaded.

        Raises:
            ConversionError: The file is missing, is another one, or cannot be loaded.
        """
        with quiet():
            return load_torch_file(path)

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs in batches, on the CPU and in evaluation mode.

        Raises:
            ConversionError: The model cannot answer.
        """
        first = inputs[signature.inputs[0].name]
        size = signature.inputs[0].shape[0] if signature.inputs[0].shape[:1] > (0,) else _BATCH
        parts: list[list[Array]] = []
        with judged(model, signature) as module:
            for start in range(0, len(first), size):
                tensors = [
                    to_tensor(inputs[spec.name][start : start + size], spec.datatype) for spec in signature.inputs
                ]
                try:
                    answers = call_module(module, tensors, signature)
                except ConversionError:
                    raise
                except Exception as error:
                    # A module may raise anything for samples that it does not expect.
                    raise refuse_call(error, module, "the module", "cannot answer the samples") from error
                parts.append([to_array(answer) for answer in answers])
        return {spec.name: _join([part[place] for part in parts]) for place, spec in enumerate(signature.outputs)}

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx.

        Raises:
            ConversionError: The model cannot be converted, or does not fit [signature].
        """
        where = f"model {config.name!r}"
        if config.signature is None:
            raise ConversionError(
                where,
                "is a PyTorch module, which declares no inputs and outputs",
                "Describe them under [signature] in model.toml; for a graph of an Exported, write it with "
                "torch.onnx.export and give the Path of that file.",
            )
        _check_datatypes(config.signature)
        with judged(model, config.signature) as module:
            write_onnx(Source(module, config.signature, config.name, config.conversion.opset), into)


def _join(parts: list[Array]) -> Array:
    """Join the answers of several batches. One batch may answer an array of any shape."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _check_datatypes(signature: Signature) -> None:
    for role, specs in (("input", signature.inputs), ("output", signature.outputs)):
        for spec in specs:
            if spec.datatype.name not in _DATATYPES:
                raise ConversionError(
                    "[signature] in model.toml",
                    f"has the {role} {spec.name} of {spec.datatype.name}, and PyTorch does not compute with that type",
                    "Turn texts into numbers before the model (app.py may do it); use INT64 for whole numbers.",
                )
