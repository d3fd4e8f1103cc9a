"""Requests made from a model's signature: any model can be measured without data at hand."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from pilotlight_runtime.datatypes import BOOL, BYTES
from pilotlight_runtime.signature import Signature, TensorSpec

_FLOATING: Final = ("FP16", "FP32", "FP64", "BF16")
_LEVELS: Final = 256

TEXT: Final = "A text of eight words, such as callers send."


def sample_body(signature: Signature, samples: int, text: str = TEXT) -> bytes | None:
    """Make an Open Inference Protocol request in JSON.

    Floats are the 256 levels of a grey image, with as many digits as a client would send. Whole numbers are 0, which is
    an index into any table. Texts are `text`, since many models refuse an empty one.

    Args:
        signature: The model's inputs.
        samples: The size of each input's first dimension; other free dimensions are 1.
        text: The value of texts.

    Returns:
        The request's body; None where an input has a fixed first dimension other than `samples`.
    """
    inputs = [_listed(spec, samples, text) for spec in signature.inputs]
    if any(listed is None for listed in inputs):
        return None
    return json.dumps({"inputs": inputs}).encode()


def _listed(spec: TensorSpec, samples: int, text: str) -> dict[str, Any] | None:
    shape = [max(1, size) for size in spec.shape]
    if shape and spec.shape[0] < 0:
        shape[0] = samples
    elif (shape[0] if shape else 1) != samples:
        return None
    count = math.prod(shape)
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": shape, "data": _values(spec, count, text)}


def _values(spec: TensorSpec, count: int, text: str) -> list[Any]:
    if spec.datatype.name in _FLOATING:
        return [index * 37 % _LEVELS / (_LEVELS - 1) for index in range(count)]
    value: Any = {BYTES: text, BOOL: False}.get(spec.datatype, 0)
    return [value] * count
