"""What a framework must provide so that its models can be converted and verified."""

from pathlib import Path
from typing import Any, Protocol

from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.signature import Signature


class Adapter(Protocol):
    """One framework. Models are objects of the framework, and only its adapter looks inside them."""

    @property
    def name(self) -> str:
        """The name of the framework, for messages and the manifest."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The distributions whose versions the manifest records."""

    def accepts(self, model: Any) -> bool:
        """Return whether `model` belongs to the framework, without importing the framework."""

    def accepts_file(self, path: Path) -> bool:
        """Return whether the name of the file at `path` is that of a saved model of the framework."""

    def load(self, path: Path) -> Any:
        """Load a saved model. No file is ever unpickled.

        Args:
            path: The file.

        Raises:
            ConversionError: The file cannot be read.
        """

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs of a model.

        Args:
            model: An object of the framework.
            inputs: Samples by input name, along the first axis.
            signature: The inputs and outputs of the model.

        Returns:
            The outputs by name.
        """

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx, with external data beside it where it has any.

        Args:
            model: An object of the framework.
            config: The configuration of the model.
            into: An existing folder.

        Raises:
            ConversionError: The model cannot be converted.
        """
