"""Requests of TensorFlow Serving's REST predict API. tfserving_response.py writes the answers.

Source: TensorFlow Serving, "RESTful API": `instances` is the row format, `inputs` the column format; binary values are
{"b64": "..."}; NaN, Infinity and -Infinity are numbers ("JSON conformance").

Beyond it, a value may leave out dimensions of size 1 at its end, so that a column of numbers fits shape [-1, 1]. For a
model that takes pictures, {"b64": "..."} is one, and a list of them is a batch.
"""

from __future__ import annotations

import binascii

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final, NamedTuple
from pilotlight_runtime.limits import DEFAULT_LIMITS, Limits
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.json_codec import DOUBTFUL, Doubts, loads, loads_constants, loads_fast
from pilotlight_runtime.protocol.json_tensors import check_shape, decode_json, flatten
from pilotlight_runtime.protocol.oip_request import MAX_REREAD_BYTES, too_many_strings
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import MAX_RANK, Tensor, element_count
from pilotlight_runtime.types import InferRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pilotlight_runtime.protocol.images import ImageCodec
    from pilotlight_runtime.protocol.tfserving_refusals import Places

_SIGNATURE: Final = "serving_default"
_B64: Final = "b64"


class PredictRequest(NamedTuple):
    """A decoded predict request.

    rows: the number of instances in row format, None in column format. named: whether the inputs have names. shapes:
    the shape of each input as the request writes it, without the dimensions of size 1 that it leaves out.
    """

    request: InferRequest
    rows: int | None
    named: bool = True
    shapes: Mapping[str, list[int]] = {}


class PredictReader:
    """Reads predict requests for one model. pictures: how the model takes them; None where it takes none."""

    def __init__(
        self, signature: Signature, limits: Limits = DEFAULT_LIMITS, pictures: ImageCodec | None = None
    ) -> None:
        self._signature = signature
        self._limits = limits
        self._pictures = pictures

    def read(self, body: bytes) -> PredictRequest:
        """Reads a predict request; InvalidRequest names the field, what was expected and what came.

        TooLarge where reading it would take too much.
        """
        if not body:
            raise InvalidRequest("the body is empty; a predict request has instances or inputs")
        memory = self._limits.memory
        if b"NaN" in body or b"Infinity" in body:
            return self._prediction(*loads_constants(body, memory))
        try:
            return self._prediction(*loads_fast(body, memory))
        except InvalidRequest:
            if len(body) > MAX_REREAD_BYTES:
                raise
        return self._prediction(loads(body, memory), DOUBTFUL)  # one parser words all refusals

    def _prediction(self, document: Any, doubts: Doubts) -> PredictRequest:
        if not isinstance(document, dict) or ("instances" in document) == ("inputs" in document):
            raise InvalidRequest("a predict request must be a JSON object with either instances or inputs")
        if document.get("signature_name") not in (None, "", _SIGNATURE):
            raise InvalidRequest(f"signature_name must be {_SIGNATURE!r}, got {summarize(document['signature_name'])}")
        if "inputs" in document:
            columns, named = _columns(document["inputs"], self._signature)
            return self._read_inputs(columns, doubts, None, named=named)
        instances = document["instances"]
        if not isinstance(instances, list) or not instances:
            raise InvalidRequest(f"instances must be a list with at least one instance, got {summarize(instances)}")
        columns, named = _transposed(instances, self._signature)
        return self._read_inputs(columns, doubts, len(instances), named=named)

    def _read_inputs(self, columns: dict[str, Any], doubts: Doubts, rows: int | None, *, named: bool) -> PredictRequest:
        """Reads the inputs. Those of BYTES share the limit of their elements."""
        tensors: dict[str, Tensor] = {}
        shapes: dict[str, list[int]] = {}
        strings = self._limits.strings
        for name, value in columns.items():
            spec = self._signature.input(name)
            where = f"input {summarize(name)}"
            if spec is None:
                names = ", ".join(repr(spec.name) for spec in self._signature.inputs)
                raise InvalidRequest(f"{where} is not one of the model's, which are {names}")
            if self._pictures is not None and _has_b64(value) and spec.name == self._pictures.input:
                tensors[name] = _decode_pictures(where, value, self._pictures)
                continue
            shapes[name] = shape = _shape_of(where, value)
            try:
                tensors[name] = _tensor(where, spec, shape, value, doubts, strings)
            except InvalidRequest as error:
                from pilotlight_runtime.protocol.tfserving_refusals import reword_value

                places = self._places((rows is not None, named), shapes)
                raise reword_value(error, name, spec.datatype, value, shape, places) from None
            if spec.datatype is BYTES:
                strings -= len(tensors[name].data)
        return PredictRequest(InferRequest(tensors), rows, named, shapes)

    def _places(self, written: tuple[bool, bool], _shapes: Mapping[str, list[int]], /) -> Places:
        """How the request writes the places of values, for a refusal. written: in rows, and by name."""
        from pilotlight_runtime.protocol.tfserving_refusals import Notation

        return Notation(*written)


def read_predict_request(body: bytes, signature: Signature, limits: Limits = DEFAULT_LIMITS) -> PredictRequest:
    """As PredictReader.read, for a model that takes no pictures."""
    return PredictReader(signature, limits).read(body)


def model_status(manifest: Manifest) -> dict[str, Any]:
    """The answer to GET /v1/models/MODEL. A function that answers at all has its model loaded."""
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": manifest.version, "state": "AVAILABLE", "status": status}]}


def _columns(inputs: object, signature: Signature) -> tuple[dict[str, Any], bool]:
    """The values by input, and whether the request names them."""
    if isinstance(inputs, dict) and not _is_b64(inputs):
        return inputs, True
    return {_only_input(signature, "inputs").name: inputs}, False


def _transposed(instances: list[Any], signature: Signature) -> tuple[dict[str, Any], bool]:
    """Groups instances by input, and tells whether the request names them.

    An instance is an object of values by name, or the value of the only input.
    """
    named = [isinstance(instance, dict) and not _is_b64(instance) for instance in instances]
    if not any(named):
        return {_only_input(signature, "instances").name: instances}, False
    names = instances[named.index(True)].keys()
    for index, instance in enumerate(instances):
        if not named[index] or instance.keys() != names:
            raise InvalidRequest(f"instances[{index}] must have the same inputs as the others")
    return {name: [instance[name] for instance in instances] for name in names}, True


def _only_input(signature: Signature, field: str) -> TensorSpec:
    if len(signature.inputs) != 1:
        names = ", ".join(repr(spec.name) for spec in signature.inputs)
        raise InvalidRequest(f"{field} must name the model's inputs, which are {names}")
    return signature.inputs[0]


def _tensor(where: str, spec: TensorSpec, nesting: list[int], value: object, doubts: Doubts, strings: int) -> Tensor:
    """Reads one input, whose value is nested so. strings: the most elements that it may have where it is of BYTES."""
    shape = check_shape(where, nesting)
    if spec.datatype is not BYTES:
        tensor = decode_json(where, spec.datatype, shape, value, doubts)
        return tensor if len(shape) == len(spec.shape) else _completed(tensor, spec)
    if element_count(shape) > strings:
        raise too_many_strings(where, element_count(shape), strings)
    texts = flatten(where, shape, value)
    return _completed(
        Tensor(BYTES, shape, tuple([_bytes(where, index, text) for index, text in enumerate(texts)])), spec
    )


def _completed(tensor: Tensor, spec: TensorSpec) -> Tensor:
    """The tensor with the dimensions of size 1 that it lacks at the end of its shape."""
    missing = spec.shape[len(tensor.shape) :]
    if not missing or any(size != 1 for size in missing):
        return tensor
    return Tensor(tensor.datatype, (*tensor.shape, *missing), tensor.data)


def _decode_pictures(where: str, value: Any, codec: ImageCodec) -> Tensor:
    from pilotlight_runtime.protocol.picture_batches import NamedPicture, decode_pictures

    items = value if isinstance(value, list) else [value]
    pictures = []
    for index, item in enumerate(items):
        name = f"{where}: picture {index}" if len(items) > 1 else where
        if not _is_b64(item):
            raise InvalidRequest(f'{name} must be {{"b64": "..."}} as the others are, got {summarize(item)}')
        try:
            pictures.append(NamedPicture(name, binascii.a2b_base64(item[_B64], strict_mode=True)))
        except ValueError:
            raise InvalidRequest(f"{name} is not base64") from None
    return decode_pictures(codec, pictures)


def _shape_of(where: str, value: object) -> list[int]:
    """The shape of `value`, by its first elements."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > MAX_RANK:
            raise InvalidRequest(f"{where} is nested more than {MAX_RANK} deep")
        value = value[0] if value else None
    return shape


def _bytes(where: str, index: int, text: object) -> bytes:
    try:
        if isinstance(text, str):
            return text.encode()
        if isinstance(text, dict) and _is_b64(text):
            return binascii.a2b_base64(text[_B64], strict_mode=True)
    except ValueError:
        pass
    from pilotlight_runtime.wrong_elements import WrongDatatype

    raise WrongDatatype(where, index, " must be a string", text)


def _has_b64(value: Any) -> bool:
    """Whether `value` is a binary value, or a list that has one."""
    return _is_b64(value) or (isinstance(value, list) and any(map(_is_b64, value)))


def _is_b64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {_B64} and isinstance(value[_B64], str)
