"""Answers the routes of a language model: OpenAI's API, and below it the protocols that every model has."""

from __future__ import annotations

from pilotlight_runtime.errors import NotFound, TooLarge
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping, Protocol
from pilotlight_runtime.limits import MAX_ANSWER_BYTES
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.compression import pack, unpack
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.protocol.json_codec import loads
from pilotlight_runtime.protocol.openai import routes
from pilotlight_runtime.protocol.openai.errors import ID_HEADER, InvalidField, Refusal, UnknownModel
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pilotlight_runtime.observer import Tally, Trace
    from pilotlight_runtime.openai.endpoint import Endpoint
    from pilotlight_runtime.service import ModelService

_INPUT_FILE: Final = "input_file_id"
"""The field that names an uploaded file with the rest of the request."""
_ENVELOPE_BYTES: Final = 65_536
"""Of an answer besides its body."""


class RequestListener(Protocol):
    """Something that needs to know of each request before it is answered, on whatever route."""

    def begin_request(self, tally: Tally | None, time_left: Callable[[], float] | None) -> None:
        """Begins a request: one execution environment has one at a time.

        Args:
            tally: Counts what the request takes; None where nothing is metered.
            time_left: Milliseconds that the function may still run; None where there is no limit.
        """


class LanguageService:
    """Answers for one language model.

    Args:
        name: The model's name.
        inner: Answers every other route.
        endpoints: By operation. The others are refused with what the model does.
        details: Further fields of the model in the list of models; "task" is one of them.
        listener: What runs the model; None where it need not know of requests.
    """

    def __init__(
        self,
        name: str,
        inner: ModelService,
        endpoints: Mapping[str, Endpoint],
        details: Mapping[str, Any],
        listener: RequestListener | None = None,
    ) -> None:
        self._name = name
        self._inner = inner
        self._endpoints = endpoints
        self._details = details
        self._listener = listener
        self._limits = inner.limits

    def answer_unknown(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """The answer to a request of which nothing else is known."""
        return self.answer(request, trace, Invocation("", b"", None))

    def answer(self, request: HttpRequest, trace: Trace, invocation: Invocation) -> HttpResponse:
        """The answer to a request; a RequestError says why there is none.

        Args:
            request: The request.
            trace: Takes what the log has of it.
            invocation: Who asks, and how long the answer may take.

        Returns:
            The answer, which may be streamed.
        """
        if self._listener is not None:
            self._listener.begin_request(trace.tally, invocation.time_left)
        found = routes.find_route(request.path, self._name)
        if found is None:
            return self._inner.answer(request, trace)
        try:
            response = self._answer(found, request, trace, invocation)
        except Exception as error:
            raise Refusal(error, invocation.request_id) from error
        response.headers[ID_HEADER] = invocation.request_id
        return response

    def _answer(
        self, route: routes.OpenAIRoute, request: HttpRequest, trace: Trace, invocation: Invocation
    ) -> HttpResponse:
        if route.operation == routes.UNKNOWN:
            raise NotFound(f"there is no route for {summarize(request.path)}")
        trace.operation = route.operation
        routes.check_method(route.operation, request.method)
        if route.operation in (routes.MODELS, routes.MODEL):
            return json_response(self._describe(route))
        if route.operation == routes.FILES:
            from pilotlight_runtime.uploads.files import FilesEndpoint  # few stacks take uploads

            return FilesEndpoint().answer(request, invocation.key_id)
        endpoint = self._endpoints.get(route.operation)
        if endpoint is None:
            raise InvalidField(
                "model", f"the task of {self._name!r} is {self._details['task']}, so that it has no such route"
            )
        trace.begin("decode")
        response = endpoint.answer(self._read_body(request, invocation), trace, invocation)
        if isinstance(response, StreamedResponse):
            response.parts = _guard(response.parts, invocation.request_id)
            return response
        trace.begin("pack")
        packed = pack(response, request.headers.get("accept-encoding", ""))
        if len(packed.body) > MAX_ANSWER_BYTES - _ENVELOPE_BYTES:
            raise TooLarge(
                f"the answer has {len(packed.body)} bytes, and Lambda carries {MAX_ANSWER_BYTES}; ask for less at once,"
                " or for embeddings in base64"
            )
        return packed

    def _describe(self, route: routes.OpenAIRoute) -> object:
        """The list of models, or one model, with what TensorFlow Serving's clients read at the same path."""
        from pilotlight_runtime.protocol.openai.model_list import write_model, write_models

        own = write_model(self._name, self._inner.published, self._details)
        if route.operation == routes.MODELS:
            return write_models(own)
        if route.model != self._name:
            raise UnknownModel(
                f"the model {summarize(route.model)} does not exist here; this function serves {self._name!r}"
            )
        return {**own, **self._inner.status()}

    def _read_body(self, request: HttpRequest, invocation: Invocation) -> Any:
        body = unpack(request.body, request.headers.get("content-encoding", ""), self._limits.unpacked)
        if not body:
            raise InvalidField("", "the body is empty; it must be a JSON object")
        document = loads(body, self._limits.memory)
        if isinstance(document, dict) and _INPUT_FILE in document:
            return _read_file(document, invocation, self._limits.memory)
        return document


def _read_file(document: dict[str, Any], invocation: Invocation, most: int) -> dict[str, Any]:
    """The request that was uploaded as a file; what stands beside the file's id replaces what the file says.

    most: bytes of memory that it may take.
    """
    from pilotlight_runtime.uploads.incoming import fetch_file  # few requests need it

    name = document.pop(_INPUT_FILE)
    if not isinstance(name, str):
        raise InvalidField(_INPUT_FILE, "input_file_id must be the id of a file")
    found = loads(fetch_file(name, invocation.key_id), most)
    if not isinstance(found, dict) or _INPUT_FILE in found:
        raise InvalidField(_INPUT_FILE, "the file must hold a JSON object, the body of a request")
    return {**found, **document}


def _guard(parts: Iterator[bytes], request_id: str) -> Iterator[bytes]:
    """Yields the parts of a body; an error becomes one of OpenAI's."""
    try:
        yield from parts
    except Exception as error:
        raise Refusal(error, request_id) from error
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
