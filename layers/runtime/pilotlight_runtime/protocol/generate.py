"""Requests and answers of the generate extension: inputs and outputs are fields of one JSON object.

Source: Triton Inference Server, "Generate Extension". `generate` answers with one object; `generate_stream` with
server-sent events (HTML Standard, "Server-sent events"), one object each. A field is a value, or lists for a tensor of
more elements; a value stands for a tensor of one element.

Beyond it, an input that the model does not have is refused, where Triton takes it for a parameter.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.json_codec import Doubts, dumps_constants, dumps_finite
from pilotlight_runtime.protocol.tfserving import PredictReader, PredictRequest
from pilotlight_runtime.protocol.tfserving_response import write_value
from pilotlight_runtime.tensor import Tensor

STREAM_HEADERS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}

_PARAMETERS: Final = "parameters"


class Fields:
    """How a generate request writes the places of its values. shapes: of each input."""

    def __init__(self, shapes: Mapping[str, list[int]]) -> None:
        self._shapes = shapes

    def name_place(self, name: str, position: tuple[int, ...]) -> str:
        """Writes the place of a value of the input `name`: without an index where it is the only one."""
        single = all(size == 1 for size in self._shapes[name])
        return f"input {summarize(name)}" + ("" if single else "".join(f"[{index}]" for index in position))


class GenerateReader(PredictReader):
    """Reads generate requests for one model."""

    def read(self, body: bytes) -> PredictRequest:
        """Reads a request; InvalidRequest names the field, what was expected and what came."""
        if not body:
            raise InvalidRequest("the body is empty; a generate request is a JSON object of inputs")
        return super().read(body)

    def _prediction(self, document: Any, doubts: Doubts) -> PredictRequest:
        if not isinstance(document, dict):
            raise InvalidRequest("a generate request must be a JSON object of inputs")
        columns = {name: self._as_tensor(name, value) for name, value in document.items()}
        if document.get(_PARAMETERS) == {} and self._signature.input(_PARAMETERS) is None:
            del columns[_PARAMETERS]
        return self._read_inputs(columns, doubts, None, named=True)

    def _places(self, _written: tuple[bool, bool], shapes: Mapping[str, list[int]], /) -> Fields:
        return Fields(shapes)

    def _as_tensor(self, name: str, value: Any) -> Any:
        """A plain value as the only element of a tensor of the input's rank."""
        spec = self._signature.input(name)
        if spec is not None and not isinstance(value, list):
            for _ in spec.shape:
                value = [value]
        return value


def write_outputs(manifest: Manifest, outputs: Mapping[str, Tensor]) -> bytes:
    """Writes outputs as one JSON object. NaN and infinity are written as JavaScript does."""
    values = {name: write_value(name, tensor) for name, tensor in outputs.items()}
    document = {"model_name": manifest.model, "model_version": manifest.version}
    document |= {name: value for name, (value, _) in values.items()}
    return dumps_finite(document) if all(finite for _, finite in values.values()) else dumps_constants(document)


def write_event(document: bytes) -> bytes:
    """Writes a server-sent event. JSON as we write it has no line break, which would end the field."""
    return b"data: %b\n\n" % document
