"""JSON as TensorFlow Serving has it becomes a request of the Open Inference Protocol, whose answer has every output.

    [{"age": 3, "sex": "f"}, ...]                   a row for each sample, by input
    {"instances": [{"age": 3, "sex": "f"}, ...]}    the same
    {"instances": [[5.1, 3.5], ...]}                a row for each sample, of the only input
    {"inputs": {"age": [3, 4], "sex": ["f", "m"]}}  by column

The runtime's own reader decodes them, so that they mean here what they mean in a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pilotlight.core.errors import DataError
from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.inference import check_inputs
from pilotlight_runtime.protocol.tfserving import read_predict_request
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor


def find_rows(document: Any) -> dict[str, Any] | None:
    """Find the predict request in a JSON document.

    Args:
        document: What a file holds.

    Returns:
        The request; None where the document has another form.
    """
    match document:
        case {"instances": _} | {"inputs": dict()}:
            return dict(document)
        case [dict(), *_]:
            return {"instances": document}
    return None


def decode_rows(request: Mapping[str, Any], where: str, inputs: tuple[TensorSpec, ...]) -> dict[str, Tensor]:
    """Decode a predict request for a model.

    Args:
        request: The request, with `instances` or `inputs`.
        where: The file, for messages.
        inputs: The model's inputs.

    Returns:
        The tensors by input name.

    Raises:
        DataError: The request does not fit the model's inputs.
    """
    signature = Signature(inputs, ())
    try:
        tensors = read_predict_request(json.dumps(request).encode(), signature).request.inputs
        check_inputs(signature, tensors)
    except RequestError as error:
        hint = "Correct the file. `pilotlight show` prints the model's inputs."
        raise DataError(where, f"does not fit the model: {error}", hint) from error
    return tensors
