"""Answers of TensorFlow Serving's REST predict API.

Source: TensorFlow Serving, "RESTful API": `instances` gives `predictions`, `inputs` gives `outputs`; an output whose
name ends in _bytes is written as {"b64": "..."}; NaN, Infinity and -Infinity are numbers ("JSON conformance").
"""

from __future__ import annotations

import binascii

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Any, Final
from pilotlight_runtime.protocol.json_codec import dumps_constants, dumps_finite
from pilotlight_runtime.protocol.json_tensors import all_finite, encode_json
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.types import InferResponse

_MOST_EMPTY: Final = 1_000_000


def write_predict_response(response: InferResponse, rows: int | None) -> bytes:
    """Writes `predictions` with one item an instance, or `outputs` by name. A single output needs no name.

    InvalidRequest where JSON cannot carry an output, or where an output has no row for each instance.
    """
    check_rows(response, rows)
    elements = {name: _elements(name, tensor) for name, tensor in response.outputs.items()}
    values = {name: _nested(elements[name], tensor.shape) for name, tensor in response.outputs.items()}
    first = next(iter(values.values()))
    if rows is None:
        document = {"outputs": first if len(values) == 1 else values}
    elif len(values) == 1:
        document = {"predictions": first}
    else:
        document = {"predictions": [{name: value[row] for name, value in values.items()} for row in range(rows)]}
    finite = all(_is_finite(tensor, elements[name]) for name, tensor in response.outputs.items())
    return dumps_finite(document) if finite else dumps_constants(document)


def check_rows(response: InferResponse, rows: int | None) -> None:
    """Raises InvalidRequest where an output has no row for each instance. rows: as in PredictRequest."""
    for name, tensor in response.outputs.items():
        if rows is not None and (not tensor.shape or tensor.shape[0] != rows):
            raise InvalidRequest(
                f"output {name!r} has shape {list(tensor.shape)}, so no row for each of the {rows} instances;"
                " send inputs instead of instances"
            )


def write_value(name: str, tensor: Tensor) -> tuple[Any, bool]:
    """Writes an output as nested lists, one with a single element as that element.

    Returns:
        The value, and whether JSON knows all its numbers: NaN and infinity are none.
    """
    elements = _elements(name, tensor)
    value = elements[0] if tensor.count == 1 else _nested(elements, tensor.shape)
    return value, _is_finite(tensor, elements)


def _elements(name: str, tensor: Tensor) -> list[Any]:
    if tensor.datatype is not BYTES:
        return encode_json(f"output {name!r}", tensor, constants=True)
    if not name.endswith("_bytes"):
        try:
            return [element.decode() for element in tensor.elements]
        except UnicodeDecodeError:
            pass  # one element that is not text makes all elements binary, so that they are alike
    return [{"b64": binascii.b2a_base64(element, newline=False).decode()} for element in tensor.elements]


def _is_finite(tensor: Tensor, elements: list[Any]) -> bool:
    return tensor.datatype.format not in ("e", "f", "d") or all_finite(elements)


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
