"""The body of an inference request of the Open Inference Protocol v2, with Triton's binary tensors."""

from __future__ import annotations

from pilotlight_runtime.datatypes import BOOL, BYTES, Datatype, datatype
from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final, NamedTuple
from pilotlight_runtime.limits import DEFAULT_LIMITS, MAX_TENSORS, Limits
from pilotlight_runtime.messages import is_unicode, summarize
from pilotlight_runtime.protocol.binary_tensors import decode_binary
from pilotlight_runtime.protocol.json_codec import DOUBTFUL, Doubts, fast, loads, loads_fast
from pilotlight_runtime.protocol.json_tensors import check_shape, decode_json
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.types import InferRequest

if TYPE_CHECKING:
    from pilotlight_runtime.protocol.repeated_json import RepeatedJson

HEADER_LENGTH: Final = "inference-header-content-length"

_NO_TAIL: Final = memoryview(b"")

_MAX_TEMPLATE_BYTES: Final = 2048
_MAX_TEMPLATES: Final = 32
"""The most templates, and the most bytes of JSON of one, that are remembered."""

MAX_REREAD_BYTES: Final = 1024 * 1024
"""A longer document that is refused is not parsed again for the better words."""

_UNSUPPORTED: Final = ("classification", "shared_memory_region")
"""Parameters of Triton's other extensions. They change the meaning of an answer, so they must not be ignored."""


class OipRequest(NamedTuple):
    """A decoded request.

    request: what to infer. id: the id that the answer repeats, None where there is none. binary: for each output that
    the request names, whether it is wanted in binary. binary_default: whether the other outputs are.
    """

    request: InferRequest
    id: str | None
    binary: dict[str, bool]
    binary_default: bool


class RequestReader:
    """Reads inference requests. Clients repeat the JSON before binary numbers, so it is decoded once and remembered."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._memory = limits.memory
        self._strings = limits.strings
        self._templates: dict[bytes, _Template] = {}
        self._repeated: RepeatedJson | None = None

    def read(self, body: bytes, header_length: str | None) -> OipRequest:
        """The inference request in `body`, whose first `header_length` bytes are JSON (all of it where None).

        InvalidRequest names the field, what was expected and what came. TooLarge where reading it would take too much.
        """
        if header_length is None:
            return self._read_json(body)
        head, tail = _split(body, header_length)
        template = self._templates.get(head) if tail else None
        if template is not None and len(tail) == template.size:
            return template.with_numbers(tail)
        decoded = _read(head, tail, self._memory, self._strings)
        if tail and len(head) <= _MAX_TEMPLATE_BYTES and _only_numbers(decoded, tail):
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            self._templates[head] = _Template(decoded, len(tail))
        return decoded

    def _read_json(self, body: bytes) -> OipRequest:
        """The request in `body`, which is JSON alone."""
        if fast.library is None:
            return _read(body, _NO_TAIL, self._memory, self._strings)
        if self._repeated is None:
            from pilotlight_runtime.protocol.repeated_json import RepeatedJson

            self._repeated = RepeatedJson(self._memory, self._document_parts)
        found = self._repeated.read(body)
        if found is not None:
            inputs, (request, identity, binary, binary_default) = found
            return OipRequest(InferRequest(inputs, request.outputs), identity, binary, binary_default)
        decoded = _read(body, _NO_TAIL, self._memory, self._strings)
        self._repeated.learn(body, *_parts(decoded))
        return decoded

    def _document_parts(self, document: Any, doubts: Doubts) -> tuple[dict[str, Tensor], OipRequest]:
        return _parts(self.read_document(document, doubts))

    def read_document(self, document: Any, doubts: Doubts) -> OipRequest:
        """As `read`, for JSON that is parsed already. It is refused in the words of `read`."""
        return _decoded(document, doubts, _NO_TAIL, self._strings)


class _Template:
    """A request without its numbers, which come in binary and take `size` bytes."""

    def __init__(self, decoded: OipRequest, size: int) -> None:
        self.size = size
        inputs, self._decoded = _parts(decoded)
        self._parts: list[tuple[str, Datatype, tuple[int, ...], int]] = []
        end = 0
        for name, tensor in inputs.items():
            end += len(tensor.data)
            self._parts.append((name, tensor.datatype, tensor.shape, end))

    def with_numbers(self, tail: memoryview) -> OipRequest:
        inputs = {}
        start = 0
        for name, kind, shape, end in self._parts:
            inputs[name] = Tensor.trusted(kind, shape, tail[start:end])
            start = end
        _, identity, binary, binary_default = self._decoded
        return OipRequest(InferRequest(inputs, self._decoded.request.outputs), identity, binary, binary_default)


def _parts(decoded: OipRequest) -> tuple[dict[str, Tensor], OipRequest]:
    """The inputs, and the request without them."""
    return decoded.request.inputs, decoded._replace(request=InferRequest({}, decoded.request.outputs))


def _only_numbers(decoded: OipRequest, tail: memoryview) -> bool:
    """Whether all inputs are numbers in `tail`, of which any bytes are valid."""
    tensors = decoded.request.inputs.values()
    return all(tensor.datatype not in (BOOL, BYTES) for tensor in tensors) and len(tail) == sum(
        len(tensor.data) for tensor in tensors
    )


def _read(head: bytes, tail: memoryview, memory: int, strings: int) -> OipRequest:
    if not head:
        raise InvalidRequest("the body is empty; an inference request has a list of inputs")
    try:
        return _decoded(*loads_fast(head, memory), tail, strings)
    except InvalidRequest:
        if len(head) > MAX_REREAD_BYTES:
            raise
    return _decoded(loads(head, memory), DOUBTFUL, tail, strings)  # one parser words all refusals


def _decoded(document: Any, doubts: Doubts, tail: memoryview, strings: int) -> OipRequest:
    if not isinstance(document, dict):
        raise InvalidRequest(f"an inference request must be a JSON object, got {summarize(document)}")
    identity = document.get("id")
    if identity is not None and not (isinstance(identity, str) and is_unicode(identity)):
        raise InvalidRequest(f"id must be a string of Unicode characters, got {summarize(identity)}")
    inputs = _inputs(document.get("inputs"), tail, doubts, strings)
    binary_default = _flag("the request", _parameters("the request", document), "binary_data_output", default=False)
    binary = _outputs(document.get("outputs"), binary_default=binary_default)
    return OipRequest(InferRequest(inputs, tuple(binary)), identity, binary, binary_default)


def _split(body: bytes, header_length: str) -> tuple[bytes, memoryview]:
    text = header_length.strip()
    length = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if not 0 <= length <= len(body):
        raise InvalidRequest(
            f"Inference-Header-Content-Length must be the JSON's length, at most the body's {len(body)} bytes;"
            f" got {summarize(header_length)}"
        )
    return body[:length], memoryview(body)[length:]


def _inputs(items: object, tail: memoryview, doubts: Doubts, strings: int) -> dict[str, Tensor]:
    """Reads the inputs. strings: the most elements that those of BYTES may have together."""
    if not isinstance(items, list):
        raise InvalidRequest(f"inputs must be a list of tensors, got {summarize(items)}")
    if len(items) > MAX_TENSORS:
        raise _too_many_tensors("inputs", items)
    inputs: dict[str, Tensor] = {}
    for index, item in enumerate(items):
        name = _name(f"inputs[{index}]", item)
        where = f"input {summarize(name)}"
        if name in inputs:
            raise InvalidRequest(f"{where} comes twice")
        tensor, tail = _tensor(where, item, tail, doubts, strings)
        if tensor.datatype is BYTES:
            strings -= len(tensor.data)
        inputs[name] = tensor
    if tail:
        raise InvalidRequest(f"{len(tail)} bytes follow the JSON and the binary inputs; expected none")
    return inputs


def _tensor(
    where: str, item: dict[str, Any], tail: memoryview, doubts: Doubts, strings: int
) -> tuple[Tensor, memoryview]:
    """Reads one input; returns it and the rest of the binary part."""
    try:
        kind = datatype(item.get("datatype"))
    except InvalidRequest as error:
        raise InvalidRequest(f"{where}: {error}") from None
    shape = check_shape(where, item.get("shape"))
    if kind is BYTES and element_count(shape) > strings:
        raise too_many_strings(where, element_count(shape), strings)
    size = _parameters(where, item).get("binary_data_size")
    if size is None:
        if "data" not in item:
            raise InvalidRequest(f"{where}: data is missing, and so is binary_data_size")
        return decode_json(where, kind, shape, item["data"], doubts), tail
    if "data" in item:
        raise InvalidRequest(f"{where}: give data or binary_data_size, not both")
    if type(size) is not int or not 0 <= size <= len(tail):
        raise InvalidRequest(
            f"{where}: binary_data_size must be at most the {len(tail)} bytes left after the JSON that"
            f" Inference-Header-Content-Length counts; got {summarize(size)}"
        )
    return decode_binary(where, kind, shape, tail[:size]), tail[size:]


def too_many_strings(where: str, count: int, most: int) -> TooLarge:
    """The error for a BYTES input of `count` elements where `most` are allowed."""
    return TooLarge(f"{where} has {count} BYTES elements, the most left for this request is {most}; send fewer at once")


def _too_many_tensors(field: str, items: list[Any]) -> InvalidRequest:
    return InvalidRequest(f"{field} lists {len(items)} tensors, the most is {MAX_TENSORS}")


def _outputs(items: object, *, binary_default: bool) -> dict[str, bool]:
    """Whether each requested output is wanted in binary, in the request's order."""
    if items is None:
        return {}
    if not isinstance(items, list):
        raise InvalidRequest(f"outputs must be a list, got {summarize(items)}")
    if len(items) > MAX_TENSORS:
        raise _too_many_tensors("outputs", items)
    outputs: dict[str, bool] = {}
    for index, item in enumerate(items):
        name = _name(f"outputs[{index}]", item)
        where = f"output {summarize(name)}"
        if name in outputs:
            raise InvalidRequest(f"{where} is asked for twice")
        outputs[name] = _flag(where, _parameters(where, item), "binary_data", default=binary_default)
    return outputs


def _name(where: str, item: object) -> str:
    if not isinstance(item, dict):
        raise InvalidRequest(f"{where} must be an object, got {summarize(item)}")
    name = item.get("name")
    if not isinstance(name, str):
        raise InvalidRequest(f"{where}: name must be a string, got {summarize(name)}")
    return name


def _parameters(where: str, item: dict[str, Any]) -> dict[str, Any]:
    parameters = item.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise InvalidRequest(f"{where}: parameters must be an object, got {summarize(parameters)}")
    for name in _UNSUPPORTED:
        if parameters.get(name):
            raise InvalidRequest(f"{where}: parameter {name} is not supported")
    return parameters


def _flag(where: str, parameters: dict[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{where}: {name} must be true or false, got {summarize(value)}")
    return value
