"""What a framework must offer for its models to be converted and compared."""

from pathlib import Path
from typing import Any, Protocol

from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.signature import Signature


class Adapter(Protocol):
    """One framework. Models are its own objects; only the adapter looks inside."""

    @property
    def name(self) -> str:
        """How the framework is called, for messages and the manifest."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The distributions whose versions belong into the manifest."""

    def accepts(self, model: Any) -> bool:
        """Whether `model` is one of its own, told without importing the framework."""

    def accepts_file(self, path: Path) -> bool:
        """Whether the file at `path` is one of its own, told by its name."""

    def load(self, path: Path) -> Any:
        """The model saved at `path`; ConversionError where it cannot be read. No file is ever unpickled."""

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """What `model` answers, by output name; samples along the first axis."""

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Writes model.onnx, and external data if any, into the folder; ConversionError where it cannot be."""
