"""Predict requests of TensorFlow Serving's REST API, decoded from its documentation ("RESTful API") alone.

Values are nested as the tensor is; {"b64": "..."} is a binary value; a single input needs no name. The project's rules:
the datatype of each input is the model's; elements follow `fuzz.oracle.elements`; all instances have the same names.
"""

from __future__ import annotations

import binascii
from typing import Any

from fuzz.arrays import Array, Spec, texts
from fuzz.oracle.elements import MOST_RANK, read_elements, read_shape
from fuzz.oracle.expected import COLUMNS, ROWS, Invalid, Request
from fuzz.oracle.json_text import read_json

SIGNATURE = "serving_default"


def read_body(body: bytes, specs: tuple[Spec, ...]) -> Request:
    """Reads the body of a predict request; Invalid where it is none. specs: the model's inputs."""
    document = read_json(body)
    if not isinstance(document, dict) or ("instances" in document) == ("inputs" in document):
        raise Invalid("neither instances nor inputs, or both")
    if document.get("signature_name") not in (None, "", SIGNATURE):
        raise Invalid("another signature")
    if "inputs" in document:
        inputs = document["inputs"]
        columns = inputs if _is_object(inputs) else {_single(specs): inputs}
        return _request(columns, specs, COLUMNS)
    instances = document["instances"]
    if not isinstance(instances, list) or not instances:
        raise Invalid("no instances")
    return _request(_columns(instances, specs), specs, ROWS, len(instances))


def _columns(instances: list[Any], specs: tuple[Spec, ...]) -> dict[str, Any]:
    if not any(map(_is_object, instances)):
        return {_single(specs): instances}
    if not all(map(_is_object, instances)) or any(item.keys() != instances[0].keys() for item in instances):
        raise Invalid("instances of different names")
    return {name: [item[name] for item in instances] for name in instances[0]}


def _single(specs: tuple[Spec, ...]) -> str:
    if len(specs) != 1:
        raise Invalid("inputs without names")
    return specs[0].name


def _request(columns: dict[str, Any], specs: tuple[Spec, ...], form: str, rows: int = 0) -> Request:
    datatypes = {spec.name: spec.datatype for spec in specs}
    found = {}
    for name, value in columns.items():
        if name not in datatypes:
            raise Invalid("an unknown input")
        found[name] = _array(value, datatypes[name])
    return Request(found, datatypes, form, rows=rows)


def _array(value: Any, datatype: str) -> Array:
    shape = read_shape(_shape(value))
    flat: list[Any] = [value]
    for size in shape:
        if any(not isinstance(item, list) or len(item) != size for item in flat):
            raise Invalid("ragged values")
        flat = [inner for item in flat for inner in item]
    if datatype == "BYTES":
        return texts([_bytes(item) for item in flat], shape)
    return read_elements(datatype, flat).reshape(shape)


def _shape(value: Any) -> list[int]:
    found = []
    while isinstance(value, list):
        found.append(len(value))
        if len(found) > MOST_RANK:
            raise Invalid("too deeply nested")
        if not value:
            break
        value = value[0]
    return found


def _bytes(item: Any) -> bytes:
    if isinstance(item, dict) and item.keys() == {"b64"} and isinstance(item["b64"], str):
        try:
            return binascii.a2b_base64(item["b64"], strict_mode=True)
        except ValueError:
            raise Invalid("no base64") from None
    if isinstance(item, str):
        try:
            return item.encode()
        except UnicodeEncodeError:
            raise Invalid("half of a surrogate pair") from None
    raise Invalid("no text")


def _is_object(value: Any) -> bool:
    """Whether `value` has tensors by name: {"b64": "..."} is a value itself."""
    return isinstance(value, dict) and not (value.keys() == {"b64"} and isinstance(value["b64"], str))
