"""What a language model's app.py serves: the function of tensors, and the endpoints of OpenAI's API around it."""

from __future__ import annotations

import time
from posix import urandom

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Mapping
from pilotlight_runtime.openai.endpoint import Endpoint, Served
from pilotlight_runtime.openai.entry import LanguageEntry
from pilotlight_runtime.openai.service import LanguageService

if TYPE_CHECKING:
    from pilotlight_runtime.language.written_texts import WrittenTexts
    from pilotlight_runtime.observer import Observer
    from pilotlight_runtime.openai.service import RequestListener
    from pilotlight_runtime.service import ModelService
    from pilotlight_runtime.tensor import Tensor
    from pilotlight_runtime.types import LoadedModel, Prepared

MakeEndpoints = Callable[[Served], Mapping[str, Endpoint]]


class LanguageFunction:
    """A function of tensors, with the routes of OpenAI's API.

    Args:
        model: The loaded model.
        predict: Takes the inputs by name, returns the outputs by name.
        listener: What runs the model.
        make_endpoints: Makes what answers the operations, by operation.
        details: Further fields of the model in the list of models.
    """

    def __init__(
        self,
        model: LoadedModel,
        predict: Prepared,
        listener: RequestListener,
        make_endpoints: MakeEndpoints,
        details: Mapping[str, Any],
    ) -> None:
        self._model = model
        self._predict = predict
        self._listener = listener
        self._make_endpoints = make_endpoints
        self._details = details

    def __call__(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns the outputs by name."""
        return self._predict(inputs)

    def serve(
        self, service: ModelService, observer: Observer, clock: Callable[[], float], *, live: bool
    ) -> LanguageEntry:
        """Makes the function's handler.

        Args:
            service: Answers the routes that every model has.
            observer: Gets a record of each request.
            clock: Seconds, monotonic.
            live: Whether the function's routes stream.

        Returns:
            The handler.
        """
        manifest = self._model.manifest
        served = Served(
            manifest.model,
            manifest.version,
            time.time,
            lambda: urandom(12).hex(),
            lambda message: observer.warning(message, None),
        )
        language = LanguageService(manifest.model, service, self._make_endpoints(served), self._details, self._listener)
        return LanguageEntry(language, service.infer_path, observer, clock, live=live)


class WritingFunction(LanguageFunction):
    """A LanguageFunction that also streams. written: the function of tensors, of a generator."""

    def __init__(
        self, model: LoadedModel, written: WrittenTexts, make_endpoints: MakeEndpoints, details: Mapping[str, Any]
    ) -> None:
        super().__init__(model, written, written, make_endpoints, details)
        self.stream = written.stream
