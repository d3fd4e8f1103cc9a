"""The values that pass between the steps of the runtime: a loaded model, a request, a response, an app.py's functions.

This module imports no step, so that every step can import it.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InferenceFailed, ManifestError
from pilotlight_runtime.light_typing import Callable, Mapping, NamedTuple
from pilotlight_runtime.manifest import MODEL_NAME, Manifest
from pilotlight_runtime.paths import StrPath, join
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

Host = Callable[[], str]
"""Describes the engine and the CPU of this machine; see `engine.host.describe_host`."""


class LoadedModel(NamedTuple):
    """A model that is ready to answer.

    Attributes:
        manifest: What the version holds.
        sessions: The opened graphs by name. A version of one plain graph has one, called `model.onnx`.
        folder: The folder with the version's files.
        warm_up_failure: Why a graph failed on zeros at init; None where none failed.
        fallback: Why the unoptimised graph was opened instead of the optimised one; "" where it was not.
    """

    manifest: Manifest
    sessions: Mapping[str, Session]
    folder: StrPath
    warm_up_failure: InferenceFailed | None = None
    fallback: str = ""

    @property
    def session(self) -> Session:
        """The opened graph of a version of one plain graph.

        Raises:
            KeyError: The version has several graphs.
        """
        return self.sessions[MODEL_NAME]

    def asset(self, name: str) -> str:
        """Finds an asset, whose content has been checked.

        Args:
            name: The asset's file name, as train.py exported it.

        Returns:
            The path of the file.

        Raises:
            ManifestError: The version has no asset of this name.
        """
        if name not in self.manifest.assets:
            there = ", ".join(self.manifest.assets) or "none"
            raise ManifestError(f"app.py wants the asset {name!r}, but the version has {there}; train the model again")
        return join(self.folder, name)


class InferRequest(NamedTuple):
    """A request for inference.

    Attributes:
        inputs: The input tensors by name.
        outputs: The names of the wanted outputs, in the order of the answer; empty for all of the signature's.
    """

    inputs: dict[str, Tensor]
    outputs: tuple[str, ...] = ()


class InferResponse(NamedTuple):
    """The answer to an InferRequest.

    Attributes:
        outputs: The output tensors by name, in the order of the request.
    """

    outputs: dict[str, Tensor]


Predict = Callable[[Session, dict[str, Tensor]], dict[str, Tensor]]
"""An app.py's way from the signature's inputs to its outputs: takes the session and the inputs, returns the outputs.

It may raise InvalidRequest for inputs that it cannot take. Any other exception becomes an answer with status 500.
"""

Prepared = Callable[[dict[str, Tensor]], dict[str, Tensor]]
"""A Predict that is bound to its model: takes the inputs by name, returns the outputs by name."""

Prepare = Callable[[LoadedModel], Prepared]
"""Makes a Prepared, such as a Streaming, once, at init, from the opened graphs and the assets.

An exception ends the start.
"""
