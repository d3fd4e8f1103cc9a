"""TensorFlow Serving's REST predict API.

Source: TensorFlow Serving, "RESTful API": `instances` (row format) gives `predictions`, `inputs` (column format) gives
`outputs`; binary values are {"b64": "..."}; an output whose name ends in _bytes is written so.
"""

from __future__ import annotations

import binascii

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.limits import DEFAULT_LIMITS, Limits
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.json_codec import DOUBTFUL, Doubts, loads, loads_fast
from pilotlight_runtime.protocol.json_tensors import check_shape, decode_json, encode_json, flatten
from pilotlight_runtime.protocol.oip_request import MAX_REREAD_BYTES, too_many_strings
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import MAX_RANK, Tensor, element_count
from pilotlight_runtime.types import InferRequest, InferResponse

_SIGNATURE: Final = "serving_default"
_B64: Final = "b64"
_MOST_EMPTY: Final = 1_000_000


class PredictRequest(NamedTuple):
    """A decoded predict request. rows: the number of instances in row format, None in column format."""

    request: InferRequest
    rows: int | None


def read_predict_request(body: bytes, signature: Signature, limits: Limits = DEFAULT_LIMITS) -> PredictRequest:
    """Reads a predict request; InvalidRequest names the field, what was expected and what came.

    TooLarge where reading it would take too much.
    """
    if not body:
        raise InvalidRequest("the body is empty; a predict request has instances or inputs")
    try:
        return _prediction(*loads_fast(body, limits.memory), signature, limits)
    except InvalidRequest:
        if len(body) > MAX_REREAD_BYTES:
            raise
    return _prediction(loads(body, limits.memory), DOUBTFUL, signature, limits)  # one parser words all refusals


def _prediction(document: Any, doubts: Doubts, signature: Signature, limits: Limits) -> PredictRequest:
    if not isinstance(document, dict) or ("instances" in document) == ("inputs" in document):
        raise InvalidRequest("a predict request must be a JSON object with either instances or inputs")
    if document.get("signature_name") not in (None, "", _SIGNATURE):
        raise InvalidRequest(f"signature_name must be {_SIGNATURE!r}, got {summarize(document['signature_name'])}")
    if "inputs" in document:
        columns = _columns(document["inputs"], signature)
        return PredictRequest(InferRequest(_tensors(columns, signature, doubts, limits.strings)), None)
    instances = document["instances"]
    if not isinstance(instances, list) or not instances:
        raise InvalidRequest(f"instances must be a list with at least one instance, got {summarize(instances)}")
    columns = _transposed(instances, signature)
    return PredictRequest(InferRequest(_tensors(columns, signature, doubts, limits.strings)), len(instances))


def write_predict_response(response: InferResponse, rows: int | None) -> dict[str, Any]:
    """Writes `predictions` with one item an instance, or `outputs` by name. A single output needs no name.

    InvalidRequest where JSON cannot carry an output, or where an output has no row for each instance.
    """
    check_rows(response, rows)
    values = {name: _nested(_elements(name, tensor), tensor.shape) for name, tensor in response.outputs.items()}
    if rows is None:
        return {"outputs": next(iter(values.values())) if len(values) == 1 else values}
    if len(values) == 1:
        return {"predictions": next(iter(values.values()))}
    return {"predictions": [{name: value[row] for name, value in values.items()} for row in range(rows)]}


def check_rows(response: InferResponse, rows: int | None) -> None:
    """Raises InvalidRequest where an output has no row for each instance. rows: as in PredictRequest."""
    for name, tensor in response.outputs.items():
        if rows is not None and (not tensor.shape or tensor.shape[0] != rows):
            raise InvalidRequest(
                f"output {name!r} has shape {list(tensor.shape)}, so no row for each of the {rows} instances;"
                " send inputs instead of instances"
            )


def model_status(manifest: Manifest) -> dict[str, Any]:
    """The answer to GET /v1/models/MODEL. A function that answers at all has its model loaded."""
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": manifest.version, "state": "AVAILABLE", "status": status}]}


def _columns(inputs: object, signature: Signature) -> dict[str, Any]:
    if isinstance(inputs, dict) and not _is_b64(inputs):
        return inputs
    return {_only_input(signature, "inputs").name: inputs}


def _transposed(instances: list[Any], signature: Signature) -> dict[str, Any]:
    """Groups instances by input. An instance is an object of values by name, or the value of the only input."""
    named = [isinstance(instance, dict) and not _is_b64(instance) for instance in instances]
    if not any(named):
        return {_only_input(signature, "instances").name: instances}
    names = set(instances[named.index(True)])
    for index, instance in enumerate(instances):
        if not named[index] or set(instance) != names:
            raise InvalidRequest(f"instances[{index}] must have the same inputs as the others")
    return {name: [instance[name] for instance in instances] for name in names}


def _only_input(signature: Signature, field: str) -> TensorSpec:
    if len(signature.inputs) != 1:
        names = ", ".join(repr(spec.name) for spec in signature.inputs)
        raise InvalidRequest(f"{field} must name the model's inputs, which are {names}")
    return signature.inputs[0]


def _tensors(columns: dict[str, Any], signature: Signature, doubts: Doubts, strings: int) -> dict[str, Tensor]:
    """Reads the inputs. strings: the most elements that those of BYTES may have together."""
    tensors = {}
    for name, value in columns.items():
        spec = signature.input(name)
        where = f"input {summarize(name)}"
        if spec is None:
            names = ", ".join(repr(spec.name) for spec in signature.inputs)
            raise InvalidRequest(f"{where} is not one of the model's, which are {names}")
        tensors[name] = _tensor(where, spec, value, doubts, strings)
        if spec.datatype is BYTES:
            strings -= len(tensors[name].data)
    return tensors


def _tensor(where: str, spec: TensorSpec, value: object, doubts: Doubts, strings: int) -> Tensor:
    shape = check_shape(where, _shape_of(where, value))
    if spec.datatype is not BYTES:
        return decode_json(where, spec.datatype, shape, value, doubts)
    if element_count(shape) > strings:
        raise too_many_strings(where, element_count(shape), strings)
    texts = flatten(where, shape, value)
    return Tensor(BYTES, shape, tuple(_bytes(where, index, text) for index, text in enumerate(texts)))


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
        raise InvalidRequest(f"{where}: data[{index}] is neither UTF-8 text nor base64") from None
    raise InvalidRequest(f'{where}: data[{index}] must be a string or {{"b64": "..."}}, got {summarize(text)}')


def _is_b64(value: dict[str, Any]) -> bool:
    return value.keys() == {_B64} and isinstance(value[_B64], str)


def _elements(name: str, tensor: Tensor) -> list[Any]:
    if tensor.datatype is not BYTES:
        return encode_json(f"output {name!r}", tensor)
    if not name.endswith("_bytes"):
        try:
            return [element.decode() for element in tensor.elements]
        except UnicodeDecodeError:
            pass  # one element that is not text makes all elements binary, so that they are alike
    return [{_B64: binascii.b2a_base64(element, newline=False).decode()} for element in tensor.elements]


def _nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    """`flat` nested as `shape` says; the value itself for a scalar."""
    if not shape:
        return flat[0]
    if 0 in shape:
        return _empty(shape[: shape.index(0) + 1])
    for size in reversed(shape[1:]):
        flat = [flat[start : start + size] for start in range(0, len(flat), size)]
    return flat


def _empty(shape: tuple[int, ...]) -> list[Any]:
    """Nested lists of no elements at all, the innermost empty. `shape` ends in its only 0."""
    if element_count(shape[:-1]) > _MOST_EMPTY:
        raise TooLarge(f"an output of shape {list(shape)} is too long to write in JSON")
    nested: list[Any] = []
    for size in reversed(shape[:-1]):
        nested = [nested] * size
    return nested
