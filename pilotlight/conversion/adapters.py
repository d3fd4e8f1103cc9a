"""The frameworks there are. A new one is one file with an Adapter, and one entry here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.adapter import Adapter
from pilotlight.conversion.keras_adapter import KerasAdapter
from pilotlight.conversion.onnx_adapter import OnnxAdapter
from pilotlight.conversion.sklearn_adapter import SklearnAdapter
from pilotlight.core.errors import ConversionError

ADAPTERS: Final[tuple[Adapter, ...]] = (KerasAdapter(), SklearnAdapter(), OnnxAdapter())


def adapter_for(model: Any) -> Adapter:
    """The adapter that takes `model`; ConversionError names the known frameworks."""
    kind = type(model)
    return _first(lambda adapter: adapter.takes(model), f"a model of type {kind.__module__}.{kind.__qualname__}")


def adapter_for_file(path: Path) -> Adapter:
    """The adapter that reads the file at `path`; ConversionError names the known frameworks."""
    return _first(lambda adapter: adapter.reads(path), str(path))


def _first(fits: Callable[[Adapter], bool], where: str) -> Adapter:
    for adapter in ADAPTERS:
        if fits(adapter):
            return adapter
    *names, last = (adapter.name for adapter in ADAPTERS)
    known = f"{', '.join(names)} and {last}"
    raise ConversionError(
        where, f"belongs to no framework that can be converted; known are {known}", "Export it to ONNX first."
    )
