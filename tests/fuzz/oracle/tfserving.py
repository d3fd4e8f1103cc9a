"""Predict requests of TensorFlow Serving's REST API, decoded from its documentation ("RESTful API") alone.

Values are nested as the tensor is; {"b64": "..."} is a binary value; a single input needs no name; NaN, Infinity and
-Infinity are numbers. The project's rules: the datatype of each input is the model's; elements follow
`fuzz.oracle.elements`; all instances have the same names; dimensions of size 1 at the end of a shape may be left out;
for a model of pictures, {"b64": "..."} is one and a list of them is a batch (docs/protocols.md).
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any

from fuzz.arrays import Array, Spec, texts
from fuzz.oracle.elements import MOST_RANK, read_elements, read_shape
from fuzz.oracle.expected import COLUMNS, ROWS, Invalid, Request
from fuzz.oracle.json_text import read_json_with_words

SIGNATURE = "serving_default"


ReadPictures = Callable[[list[bytes]], Array]
"""Makes the input of pictures; Invalid where they are none."""


def read_body(body: bytes, specs: tuple[Spec, ...], read_pictures: ReadPictures | None) -> Request:
    """Reads the body of a predict request.

    Args:
        body: The body.
        specs: The model's inputs.
        read_pictures: None where the model takes no pictures.

    Returns:
        The request.

    Raises:
        Invalid: It is none.
    """
    document = read_json_with_words(body)
    if not isinstance(document, dict) or ("instances" in document) == ("inputs" in document):
        raise Invalid("neither instances nor inputs, or both")
    if document.get("signature_name") not in (None, "", SIGNATURE):
        raise Invalid("another signature")
    if "inputs" in document:
        inputs = document["inputs"]
        columns = inputs if _is_object(inputs) else {_single(specs): inputs}
        return _request(columns, specs, read_pictures, COLUMNS)
    instances = document["instances"]
    if not isinstance(instances, list) or not instances:
        raise Invalid("no instances")
    return _request(_columns(instances, specs), specs, read_pictures, ROWS, len(instances))


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


def _request(
    columns: dict[str, Any], specs: tuple[Spec, ...], read_pictures: ReadPictures | None, form: str, rows: int = 0
) -> Request:
    known = {spec.name: spec for spec in specs}
    found = {}
    for name, value in columns.items():
        if name not in known:
            raise Invalid("an unknown input")
        binary = [item for item in (value if isinstance(value, list) else [value]) if _is_b64(item)]
        if read_pictures is not None and binary:
            if isinstance(value, list) and len(binary) < len(value):
                raise Invalid("pictures and other values")
            found[name] = read_pictures([_bytes(item) for item in binary])
            continue
        array = _array(value, known[name].datatype)
        missing = known[name].dims[array.ndim :]
        found[name] = array.reshape((*array.shape, *missing)) if set(missing) == {1} else array
    return Request(found, {spec.name: spec.datatype for spec in specs}, form, rows=rows)


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
    if _is_b64(item):
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
    return isinstance(value, dict) and not _is_b64(value)


def _is_b64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)
