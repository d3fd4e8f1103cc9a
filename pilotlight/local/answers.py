"""Answers of the Open Inference Protocol become named arrays, from JSON or from binary tensors."""

from __future__ import annotations

import json
import struct
from typing import Any

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ServiceError
from pilotlight.local.gateway import WebAnswer
from pilotlight.local.questions import HEADER_LENGTH
from pilotlight_runtime.datatypes import BYTES, DATATYPES, Datatype


def outputs_of(answer: WebAnswer, where: str) -> dict[str, Array]:
    """The outputs by name, in the answer's order; BYTES as object arrays, BF16 as its bits in uint16.

    ServiceError where the answer is not what the protocol promises.
    """
    try:
        return _outputs(answer)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        what = f"sent an answer that is not of the Open Inference Protocol ({error!r})"
        raise ServiceError(where, what, "Check that the address is a model's endpoint.") from error


def _outputs(answer: WebAnswer) -> dict[str, Array]:
    import numpy as np

    length = next((int(value) for name, value in answer.headers if name.lower() == HEADER_LENGTH.lower()), None)
    document = json.loads(answer.body[:length])
    binary = memoryview(answer.body)[length or len(answer.body) :]
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
