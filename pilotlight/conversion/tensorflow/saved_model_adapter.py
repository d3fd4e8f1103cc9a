"""SavedModel folders of TensorFlow, such as those of model.export and tf.saved_model.save."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.tensorflow.keras_adapter import predict_in_batches, read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.conversion.tensorflow.saved_model import SavedModel
from pilotlight.conversion.tensorflow.saved_model_loading import is_saved_model, load_saved_model
from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature


class SavedModelAdapter:
    """The adapter of SavedModel folders. A model is the serving function of one."""

    name: Final = "TensorFlow SavedModel"
    tools: Final = ("tensorflow", "tensorflow-cpu", "tf2onnx")

    def accepts(self, model: Any) -> bool:
        """Return whether `model` is a loaded SavedModel."""
        return isinstance(model, SavedModel)

    def accepts_file(self, path: Path) -> bool:
        """Return whether `path` is a folder that holds a SavedModel."""
        return is_saved_model(path)

    def load(self, path: Path) -> Any:
        """Load a SavedModel.

        Raises:
            ConversionError: The folder cannot be loaded.
        """
        return load_saved_model(path)

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs in batches of 256 by the serving function."""
        return predict_in_batches(model, inputs, signature)

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx.

        Raises:
            ConversionError: The model cannot be converted, or its inputs are not those of [signature].
        """
        signature = config.signature or read_keras_signature(model, f"model {config.name!r}")
        own, named = [port.name for port in model.inputs], [spec.name for spec in signature.inputs]
        if len(own) != len(named) or (len(own) > 1 and sorted(own) != sorted(named)):
            raise ConversionError(
                "[signature] in model.toml",
                f"has the inputs {', '.join(named)}, and the SavedModel's serving function takes {', '.join(own)}",
                "Give the inputs in model.toml these names.",
            )
        content = convert_to_onnx(model, signature, config.name, config.conversion.opset)
        (into / MODEL_NAME).write_bytes(content)
