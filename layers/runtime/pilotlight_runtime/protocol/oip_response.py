"""Responses of the Open Inference Protocol v2: inference results and metadata."""

from __future__ import annotations

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.light_typing import Any, Final
from pilotlight_runtime.manifest import PLATFORM, Manifest
from pilotlight_runtime.protocol.binary_tensors import encode_binary
from pilotlight_runtime.protocol.http import JSON, HttpResponse
from pilotlight_runtime.protocol.json_codec import dumps_finite
from pilotlight_runtime.protocol.json_tensors import encode_json
from pilotlight_runtime.protocol.oip_request import OipRequest
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferResponse

HEADER_LENGTH: Final = "Inference-Header-Content-Length"

_MAX_UNWRITTEN_BYTES: Final = 4 * 1024 * 1024
"""Of JSON. Lambda carries some 6 MiB; an answer that is sure to be shorter need not be written to be counted."""
_BYTES_OF_NUMBER: Final = 26
_BYTES_OF_CHARACTER: Final = 6
_BYTES_OF_OUTPUT: Final = 4096  # a name and a shape


def write_direct_response(manifest: Manifest, request: OipRequest, response: InferResponse) -> HttpResponse:
    """As write_response, without writing JSON where the answer goes back as an object.

    Outputs in binary and large ones are written all the same: then the caller gets the error of an answer that is
    binary, or the size of the JSON decides whether Lambda carries it.
    """
    wants_binary = request.binary_default or any(request.binary.values())
    if wants_binary or _longest_json(request, response) > _MAX_UNWRITTEN_BYTES:
        return write_response(manifest, request, response)
    document = _document(manifest, request)
    document["outputs"] = [
        {**_describe(name, tensor), "data": encode_json(f"output {name!r}", tensor)}
        for name, tensor in response.outputs.items()
    ]
    return HttpResponse(200, {"Content-Type": JSON}, b"", document)


def write_response(manifest: Manifest, request: OipRequest, response: InferResponse) -> HttpResponse:
    """Writes the response to `request`: JSON, followed by the outputs that are wanted in binary.

    InvalidRequest where JSON cannot carry an output: NaN, infinity, bytes that are not UTF-8, BF16.
    """
    outputs: list[dict[str, Any]] = []
    blobs: list[memoryview] = []
    for name, tensor in response.outputs.items():
        output = _describe(name, tensor)
        if request.binary.get(name, request.binary_default):
            blobs.append(encode_binary(tensor))
            output["parameters"] = {"binary_data_size": len(blobs[-1])}
        else:
            output["data"] = encode_json(f"output {name!r}", tensor)
        outputs.append(output)
    head = dumps_finite({**_document(manifest, request), "outputs": outputs})
    if not blobs:
        return HttpResponse(200, {"Content-Type": JSON}, head)
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(head))}
    return HttpResponse(200, headers, b"".join([head, *blobs]))


def model_metadata(manifest: Manifest) -> dict[str, Any]:
    """The metadata of the model: its versions and signature."""
    return {
        "name": manifest.model,
        "versions": [manifest.version],
        "platform": PLATFORM,
        "inputs": [_spec(spec) for spec in manifest.signature.inputs],
        "outputs": [_spec(spec) for spec in manifest.signature.outputs],
    }


def _document(manifest: Manifest, request: OipRequest) -> dict[str, Any]:
    """An answer without its outputs."""
    document: dict[str, Any] = {"model_name": manifest.model, "model_version": manifest.version}
    if request.id is not None:
        document["id"] = request.id
    return document


def _describe(name: str, tensor: Tensor) -> dict[str, Any]:
    """An output without its elements."""
    return {"name": name, "datatype": tensor.datatype.name, "shape": list(tensor.shape)}


def _longest_json(request: OipRequest, response: InferResponse) -> int:
    """Bytes that the answer takes at most as JSON."""
    size = len(request.id or "") * _BYTES_OF_CHARACTER * 2
    for name, tensor in response.outputs.items():
        texts = sum(map(len, tensor.elements)) * _BYTES_OF_CHARACTER if tensor.datatype is BYTES else 0
        size += tensor.count * _BYTES_OF_NUMBER + texts + len(name) * _BYTES_OF_CHARACTER + _BYTES_OF_OUTPUT
    return size


def _spec(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(spec.shape)}
