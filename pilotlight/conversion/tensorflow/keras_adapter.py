"""Keras 3 models, converted by TensorFlow and tf2onnx. They may be fitted with any backend."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.conversion.tensorflow.keras_call import call_model
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.conversion.tensorflow.keras_h5_file import SUFFIXES
from pilotlight.conversion.tensorflow.keras_loading import load_keras_model
from pilotlight.conversion.tensorflow.keras_subprocess import convert_in_subprocess
from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec

_BATCH: Final = 256
_OF_BACKEND: Final = {"jax": ("jax", "jaxlib"), "torch": ("torch",)}


class KerasAdapter:
    """The adapter of Keras. A model is a keras.Model. On JAX or PyTorch, a subprocess converts it."""

    name = "Keras"

    @property
    def tools(self) -> tuple[str, ...]:
        """The distributions whose versions the manifest records, including those of the backend."""
        return ("keras", "tensorflow", "tensorflow-cpu", "tf2onnx", *_OF_BACKEND.get(_find_backend(), ()))

    def accepts(self, model: Any) -> bool:
        """Return whether `model` is a keras.Model, without importing Keras."""
        return any(
            kind.__module__.split(".")[0] == "keras" and kind.__name__ == "Model" for kind in type(model).__mro__
        )

    def accepts_file(self, path: Path) -> bool:
        """Return whether `path` is a .keras or .h5 file."""
        return path.suffix in (".keras", *SUFFIXES)

    def load(self, path: Path) -> Any:
        """Load a .keras or .h5 file in safe mode, which rejects layers that contain Python code.

        Raises:
            ConversionError: The file is missing or cannot be loaded.
        """
        return load_keras_model(path)

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs in batches of 256, in inference mode: without dropout, for instance."""
        return predict_in_batches(model, inputs, signature)

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx.

        Raises:
            ConversionError: The model cannot be converted.
        """
        signature = config.signature or read_keras_signature(model, f"model {config.name!r}")
        backend = _find_backend()
        if backend != "tensorflow" and any(spec.datatype is BYTES for spec in signature.inputs):
            what = f"takes words, which Keras computes only with TensorFlow, and the backend is {backend}"
            raise ConversionError(f"model {config.name!r}", what, "Train it with KERAS_BACKEND=tensorflow.")
        convert = convert_to_onnx if backend == "tensorflow" else convert_in_subprocess
        content = convert(model, signature, config.name, config.conversion.opset)
        (into / MODEL_NAME).write_bytes(content)


def predict_in_batches(model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
    """Compute the outputs of a keras.Model, or of what can be called as one.

    Args:
        model: The model.
        inputs: Samples by input name, along the first axis.
        signature: The inputs and outputs of the model.

    Returns:
        The outputs by name.
    """
    names = [spec.name for spec in signature.inputs]
    count = len(inputs[names[0]])
    parts = []
    for start in range(0, count, _BATCH):
        batch = _make_tensors([inputs[name][start : start + _BATCH] for name in names])
        parts.append(call_model(model, batch, signature))
    return {spec.name: np.concatenate([_to_array(part[spec.name]) for part in parts]) for spec in signature.outputs}


def read_keras_signature(model: Any, where: str) -> Signature:
    """Read the inputs and outputs that a functional model declares.

    Args:
        model: A keras.Model.
        where: The name of the model in an error.

    Returns:
        The signature. Inputs have the names of their keras.Input. Outputs have the names of the layers that return
        them, or the keys of the dictionary that the model was built with. Open dimensions are -1.

    Raises:
        ConversionError: The model declares no inputs and outputs, or one has a dtype that ONNX lacks.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ConversionError(where, "declares no inputs and outputs", "Build it as keras.Model(inputs, outputs).")
    structure = getattr(model, "output", None)  # a Sequential has neither this nor the names
    names = getattr(model, "output_names", None) or [model.layers[-1].name]
    named = structure if isinstance(structure, dict) else dict(zip(names, outputs, strict=True))
    return Signature(
        tuple(_read_spec(tensor.name, tensor, where) for tensor in inputs),
        tuple(_read_spec(name, tensor, where) for name, tensor in named.items()),
    )


def _read_spec(name: str, tensor: Any, where: str) -> TensorSpec:
    datatype = next((each for each in DATATYPES.values() if each.numpy == tensor.dtype and each is not BF16), None)
    datatype = BYTES if tensor.dtype == "string" else datatype
    if datatype is None:
        raise ConversionError(where, f"has {name} of dtype {tensor.dtype}", "Cast it inside the model.")
    return TensorSpec(name, datatype, tuple(-1 if size is None else int(size) for size in tensor.shape))


def _find_backend() -> str:
    """Return the backend that computes, without importing Keras."""
    keras = sys.modules.get("keras")
    return "tensorflow" if keras is None else str(keras.backend.backend())


def _make_tensors(arrays: list[Any]) -> list[Any]:
    """Convert arrays to TensorFlow's tensors where one holds strings, since Keras takes no mixture. Else keep them."""
    if all(array.dtype != object for array in arrays):
        return arrays
    import tensorflow as tf

    return [tf.constant(array) for array in arrays]


def _to_array(tensor: Any) -> Any:
    """Convert a tensor of any backend, on any device, to a NumPy array. Strings are str, as in the gate."""
    from keras import ops

    array = ops.convert_to_numpy(tensor)
    if array.dtype != object:
        return array
    return np.array([text.decode() for text in array.reshape(-1)], object).reshape(array.shape)
