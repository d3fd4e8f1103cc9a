"""The known frameworks. A new framework is one file with an Adapter, and one entry here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.adapter import Adapter
from pilotlight.conversion.onnx.adapter import OnnxAdapter
from pilotlight.conversion.sklearn.adapter import SklearnAdapter
from pilotlight.conversion.sklearn.boosting_adapter import BoostingAdapter
from pilotlight.conversion.sklearn.outputs import find_kind
from pilotlight.conversion.tensorflow.keras_adapter import KerasAdapter
from pilotlight.conversion.tensorflow.saved_model_adapter import SavedModelAdapter
from pilotlight.conversion.torch.adapter import TorchAdapter
from pilotlight.core.errors import ConversionError

ADAPTERS: Final[tuple[Adapter, ...]] = (
    KerasAdapter(),
    SavedModelAdapter(),
    BoostingAdapter(),
    SklearnAdapter(),
    TorchAdapter(),
    OnnxAdapter(),
)


def find_adapter(model: Any) -> Adapter:
    """Find the adapter of a model.

    Raises:
        ConversionError: No adapter accepts the model. The message lists the known frameworks.
    """
    kind = type(model)
    return _find(lambda adapter: adapter.accepts(model), f"a model of type {kind.__module__}.{kind.__qualname__}")


def find_adapter_for_file(path: Path) -> Adapter:
    """Find the adapter of a saved model by the name of its file.

    Raises:
        ConversionError: No adapter accepts the file. The message lists the known frameworks.
    """
    return _find(lambda adapter: adapter.accepts_file(path), str(path))


def find_model_kind(model: Any) -> str:
    """Return what a model is, such as "classifier"; "" where its framework does not say."""
    return find_kind(model) if isinstance(find_adapter(model), SklearnAdapter) else ""


def _find(fits: Callable[[Adapter], bool], where: str) -> Adapter:
    for adapter in ADAPTERS:
        if fits(adapter):
            return adapter
    *names, last = (adapter.name for adapter in ADAPTERS)
    known = f"{', '.join(names)} and {last}"
    raise ConversionError(
        where, f"belongs to no framework that can be converted; known are {known}", "Export it to ONNX first."
    )
