"""What a framework must offer for its models to be converted and compared."""

from pathlib import Path
from typing import Any, Protocol

from pilotlight.core.artifacts import Named
from pilotlight.core.modelconfig import ModelConfig
from pilotlight_runtime.signature import Signature


class Adapter(Protocol):
    """One framework. Models are its own objects; only the adapter looks inside."""

    @property
    def name(self) -> str:
        """How the framework is called, for messages and the manifest."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The distributions whose versions belong into the manifest."""

    def takes(self, model: Any) -> bool:
        """Whether `model` is one of its own, told without importing the framework."""

    def reads(self, path: Path) -> bool:
        """Whether the file at `path` is one of its own, told by its name."""

    def load(self, path: Path) -> Any:
        """The model saved at `path`; ConversionError where it cannot be read. No file is ever unpickled."""

    def predict(self, model: Any, inputs: Named, signature: Signature) -> Named:
        """What `model` answers, by output name; samples along the first axis."""

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Writes model.onnx, and external data if any, into the folder; ConversionError where it cannot be."""
