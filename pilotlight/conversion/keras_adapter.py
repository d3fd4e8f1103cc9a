"""Keras 3 models, through TensorFlow and tf2onnx, whichever backend they were fitted with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.conversion.keras_graph import as_onnx, call
from pilotlight.conversion.keras_process import as_onnx_elsewhere
from pilotlight.core.artifacts import Named
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.core.process_output import hide_native_logs
from pilotlight_runtime.datatypes import BF16, DATATYPES
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec

_BATCH: Final = 256
_OF_BACKEND: Final = {"jax": ("jax", "jaxlib"), "torch": ("torch",)}


class KerasAdapter:
    """A model is a keras.Model. On another backend than TensorFlow it is converted by a process of its own."""

    name = "Keras"

    @property
    def tools(self) -> tuple[str, ...]:
        return ("keras", "tensorflow", "tensorflow-cpu", "tf2onnx", *_OF_BACKEND.get(_backend(), ()))

    def takes(self, model: Any) -> bool:
        return any(
            kind.__module__.split(".")[0] == "keras" and kind.__name__ == "Model" for kind in type(model).__mro__
        )

    def reads(self, path: Path) -> bool:
        return path.suffix == ".keras"

    def load(self, path: Path) -> Any:
        """In safe mode: a file whose layers hold Python code is refused."""
        if not path.is_file():
            raise ConversionError(str(path), "does not exist", "Check the path after --from.")
        with hide_native_logs():
            try:
                import keras

                return keras.saving.load_model(path, compile=False, safe_mode=True)
            except ImportError as error:
                raise ConversionError(
                    str(path), f"cannot be loaded ({error})", "Run `pip install 'pilotlight[convert]'`."
                ) from error
            except Exception as error:
                # Keras has no error class of its own for files that it cannot read.
                raise ConversionError(
                    str(path),
                    f"cannot be loaded by Keras ({kind_and_first_line(error)})",
                    "Save it again with model.save(...).",
                ) from error

    def predict(self, model: Any, inputs: Named, signature: Signature) -> Named:
        """In batches of 256 without training behaviour such as dropout."""
        names = [spec.name for spec in signature.inputs]
        count = len(inputs[names[0]])
        parts = []
        for start in range(0, count, _BATCH):
            batch = [inputs[name][start : start + _BATCH] for name in names]
            parts.append(call(model, batch, signature))
        return {spec.name: np.concatenate([_as_array(part[spec.name]) for part in parts]) for spec in signature.outputs}

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        signature = config.signature or declared_signature(model, f"model {config.name!r}")
        convert = as_onnx if _backend() == "tensorflow" else as_onnx_elsewhere
        content = convert(model, signature, config.name, config.conversion.opset)
        (into / MODEL_NAME).write_bytes(content)


def declared_signature(model: Any, where: str) -> Signature:
    """The inputs and outputs that a functional `model` declares, open dimensions -1; else ConversionError at `where`.

    Inputs are called as their keras.Input, outputs as the layer that gives them, or by their keys where the model was
    built with a dictionary.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ConversionError(where, "declares no inputs and outputs", "Build it as keras.Model(inputs, outputs).")
    named = model.output if isinstance(model.output, dict) else dict(zip(model.output_names, outputs, strict=True))
    return Signature(
        tuple(_declared(tensor.name, tensor, where) for tensor in inputs),
        tuple(_declared(name, tensor, where) for name, tensor in named.items()),
    )


def _declared(name: str, tensor: Any, where: str) -> TensorSpec:
    datatype = next((each for each in DATATYPES.values() if each.numpy == tensor.dtype and each is not BF16), None)
    if datatype is None:
        raise ConversionError(where, f"has {name} of dtype {tensor.dtype}", "Cast it inside the model.")
    return TensorSpec(name, datatype, tuple(-1 if size is None else int(size) for size in tensor.shape))


def _backend() -> str:
    """The one that computes, told without importing Keras."""
    keras = sys.modules.get("keras")
    return "tensorflow" if keras is None else str(keras.backend.backend())


def _as_array(tensor: Any) -> Any:
    """A tensor of any backend, on whichever device it is."""
    from keras import ops

    return ops.convert_to_numpy(tensor)
