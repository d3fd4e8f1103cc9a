"""Answers for a model whose app.py has a function that streams: `generate` whole, `generate_stream` in parts."""

from __future__ import annotations

from pilotlight_runtime.errors import InferenceFailed, InvalidRequest
from pilotlight_runtime.inference import check_inputs, checked_output, find_refusal
from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.limits import Limits
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import generate, routes
from pilotlight_runtime.protocol.answer_size import check_nested_answer
from pilotlight_runtime.protocol.compression import pack, packs, unpack
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse
from pilotlight_runtime.service import ModelService
from pilotlight_runtime.streaming.response import StreamedResponse
from pilotlight_runtime.types import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pilotlight_runtime.protocol.tfserving import PredictRequest
    from pilotlight_runtime.streaming.function import Streaming
    from pilotlight_runtime.tensor import Tensor


class StreamingService(ModelService):
    """Answers for one model. function: app.py's functions, bound to the model."""

    _generates = True

    def __init__(self, model: LoadedModel, function: Streaming, limits: Limits) -> None:
        super().__init__(model, function, limits)
        self._stream = function.stream
        self._generate_reader = generate.GenerateReader(model.manifest.signature, limits)

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """The answer to `request`, streamed for `generate_stream`; a RequestError says why there is none."""
        operation = self._route(request, trace).operation
        if operation == routes.GENERATE:
            return self._answer_whole(request, trace)
        if operation == routes.GENERATE_STREAM:
            return self._answer_in_parts(request, trace)
        return super().answer(request, trace)

    def _answer_whole(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        asked = self._read(request, trace)
        try:
            response = self._run(asked.request, trace)
        except InvalidRequest as error:
            raise _reword(error, asked) from error
        trace.begin("encode")
        accepted = request.headers.get("accept-encoding", "")
        check_nested_answer(response, packs=packs(accepted), limits=self.limits)
        written = generate.write_outputs(self._manifest, response.outputs)
        trace.begin("pack")
        return pack(HttpResponse(200, {"Content-Type": JSON}, written), accepted)

    def _answer_in_parts(self, request: HttpRequest, trace: Trace) -> StreamedResponse:
        asked = self._read(request, trace)
        inputs = asked.request.inputs
        trace.shapes = {name: tensor.shape for name, tensor in inputs.items()}
        check_inputs(self._manifest.signature, inputs)
        if trace.tally is not None:
            trace.tally.add_inputs(inputs, self._manifest)
        trace.begin("first_byte")
        parts = iter(self._stream(inputs))  # before anything is charged: it may reserve what it needs
        return StreamedResponse.of(dict(generate.STREAM_HEADERS), self._events(asked, parts), generate.write_event)

    def _read(self, request: HttpRequest, trace: Trace) -> PredictRequest:
        trace.begin("decode")
        body = unpack(request.body, request.headers.get("content-encoding", ""), self._most_unpacked)
        return self._generate_reader.read(body)

    def _events(self, asked: PredictRequest, parts: Iterator[dict[str, Tensor]]) -> Iterator[bytes]:
        """Yields an event for each part of the answer."""
        inputs = asked.request.inputs
        try:
            for outputs in parts:
                yield generate.write_event(generate.write_outputs(self._manifest, self._checked(outputs)))
        except InferenceFailed as error:
            refusal = find_refusal(self._model, inputs, error)
            if refusal is None:
                raise
            raise _reword(refusal, asked) from error
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def _checked(self, outputs: object) -> dict[str, Tensor]:
        """The outputs of a part; InferenceFailed where they do not fit the signature."""
        if not isinstance(outputs, dict) or not outputs:
            raise InferenceFailed("stream yielded no dict of outputs")
        return {name: checked_output(self._manifest.signature, outputs, name) for name in outputs}


def _reword(error: InvalidRequest, asked: PredictRequest) -> InvalidRequest:
    """The error with the places of values as the request writes them."""
    from pilotlight_runtime.protocol.tfserving_refusals import reword_refusal

    return reword_refusal(error, asked.shapes, generate.Fields(asked.shapes))
