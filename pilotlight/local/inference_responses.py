"""Responses of the Open Inference Protocol become named arrays, from JSON or from binary tensors."""

from __future__ import annotations

import json
import struct
from typing import Any

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ServiceError
from pilotlight.local.gateway import WebResponse
from pilotlight.local.inference_requests import HEADER_LENGTH
from pilotlight_runtime.datatypes import BYTES, DATATYPES, Datatype


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
        return _outputs(response)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        what = f"sent an answer that is not of the Open Inference Protocol ({error!r})"
        raise ServiceError(where, what, "Check that the address is a model's endpoint.") from error


def _outputs(response: WebResponse) -> dict[str, Array]:
    import numpy as np

    length = next((int(value) for name, value in response.headers if name.lower() == HEADER_LENGTH.lower()), None)
    document = json.loads(response.body[:length])
    binary = memoryview(response.body)[length or len(response.body) :]
    outputs: dict[str, Array] = {}
    for head in document["outputs"]:
        kind, shape = DATATYPES[head["datatype"]], tuple(head["shape"])
        size = (head.get("parameters") or {}).get("binary_data_size")
        if size is None:
            outputs[head["name"]] = np.array(head["data"], dtype=kind.numpy).reshape(shape)
        else:
            outputs[head["name"]] = _binary(binary[:size], kind, shape)
            binary = binary[size:]
    return outputs


def _binary(raw: memoryview, kind: Datatype, shape: tuple[int, ...]) -> Array:
    import numpy as np

    if kind is not BYTES:
        return np.frombuffer(raw, dtype=kind.numpy).reshape(shape)
    elements: list[Any] = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        elements.append(bytes(raw[4 : 4 + length]))
        raw = raw[4 + length :]
    array = np.empty(len(elements), dtype=object)
    array[:] = elements
    return array.reshape(shape)
