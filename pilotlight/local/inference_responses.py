"""Responses of the Open Inference Protocol become named arrays, from JSON or from binary tensors.

The runtime's own decoders read the tensors. So a response is held to what a request is held to: sizes that fit, and
elements that are of their datatype.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.core.artifacts import Array
from pilotlight.core.documents import InvalidDocument, describe, parse_json
from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import name_of, shorten
from pilotlight.local.gateway import WebResponse
from pilotlight.local.inference_requests import HEADER_LENGTH
from pilotlight_runtime.datatypes import BYTES, datatype
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.protocol.binary_tensors import decode_binary
from pilotlight_runtime.protocol.json_tensors import check_shape, decode_json

_LENGTH: Final = re.compile(r"[0-9]{1,15}")


def read_outputs(response: WebResponse, where: str) -> dict[str, Array]:
    """Read the output tensors of a response.

    Args:
        response: The endpoint's response.
        where: The endpoint, for messages.

    Returns:
        Arrays by output name, in the response's order. BYTES are object arrays; BF16 are their bits in uint16.

    Raises:
        ServiceError: The response is not one of the Open Inference Protocol.
    """
    try:
        return _read_outputs(response)
    except (ValueError, InvalidRequest) as error:
        reason = f"it {error}" if isinstance(error, InvalidDocument) else str(error)
        what = f"sent an answer that is not of the Open Inference Protocol ({shorten(reason)})"
        raise ServiceError(where, what, "Check that the address is a model's endpoint.") from error


def _read_outputs(response: WebResponse) -> dict[str, Array]:
    length = _read_header_length(response)
    document = parse_json(response.body[:length])
    match document:
        case {"outputs": [_, *_] as heads}:
            binary = memoryview(response.body)[length:]
        case dict():
            raise ValueError("it has no list of outputs")
        case _:
            raise ValueError(f"it is {describe(document)}")
    outputs: dict[str, Array] = {}
    for number, head in enumerate(heads):
        match head:
            case {"name": str(name)} if name and name not in outputs:
                outputs[name], binary = _read_output(head, f"output {name_of(name)!r}", binary)
            case _:
                raise ValueError(f"output {number} has no name, or that of another")
    if binary:
        raise ValueError(f"{len(binary):,} bytes follow its last output")
    return outputs


def _read_header_length(response: WebResponse) -> int:
    """The length of the JSON at the start of the body."""
    given = {value.strip() for name, value in response.headers if name.lower() == HEADER_LENGTH.lower()}
    if not given:
        return len(response.body)
    value = given.pop()
    if given or not _LENGTH.fullmatch(value) or int(value) > len(response.body):
        size = len(response.body)
        raise ValueError(f"{HEADER_LENGTH} is {shorten(value, 40)!r}, but its body has {size:,} bytes")
    return int(value)


def _read_output(head: Mapping[str, Any], where: str, binary: memoryview) -> tuple[Array, memoryview]:
    """One output, and the binary data that is left."""
    kind, shape = datatype(head.get("datatype")), check_shape(where, head.get("shape"))
    parameters = head.get("parameters") or {}
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else parameters
    if size is None:
        if "data" not in head:
            raise ValueError(f"{where} has no data")
        array = decode_json(where, kind, shape, head["data"]).numpy().copy()
        return (_as_texts(array) if kind is BYTES else array), binary
    if type(size) is not int or not 0 <= size <= len(binary):
        raise ValueError(
            f"{where} has a binary_data_size of {shorten(str(size), 40)}, and {len(binary):,} bytes follow"
        )
    return decode_binary(where, kind, shape, binary[:size]).numpy(), binary[size:]


def _as_texts(array: Array) -> Array:
    """The elements of a BYTES output in JSON, which are texts."""
    import numpy as np

    texts = np.empty(array.size, dtype=object)
    texts[:] = [element.decode() for element in array.ravel().tolist()]
    return texts.reshape(array.shape)
