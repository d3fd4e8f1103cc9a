"""What the Open Inference Protocol v2 answers: inference results and metadata."""

from __future__ import annotations

from pilotlight_runtime.inference import InferResponse
from pilotlight_runtime.manifest import PLATFORM, Manifest
from pilotlight_runtime.protocol.binary_tensors import encode_binary
from pilotlight_runtime.protocol.http import JSON, HttpResponse
from pilotlight_runtime.protocol.json_codec import dumps_finite
from pilotlight_runtime.protocol.json_tensors import encode_json
from pilotlight_runtime.protocol.oip_request import Question
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.typed import Any, Final

HEADER_LENGTH: Final = "Inference-Header-Content-Length"


def write_answer(manifest: Manifest, question: Question, response: InferResponse) -> HttpResponse:
    """The answer to `question`: JSON, followed by the outputs that were asked for in binary.

    InvalidRequest where JSON cannot carry an output: NaN, infinity, bytes that are no UTF-8, BF16.
    """
    document: dict[str, Any] = {"model_name": manifest.model, "model_version": manifest.version}
    if question.id is not None:
        document["id"] = question.id
    outputs: list[dict[str, Any]] = []
    blobs: list[memoryview] = []
    for name, tensor in response.outputs.items():
        output: dict[str, Any] = {"name": name, "datatype": tensor.datatype.name, "shape": list(tensor.shape)}
        if question.binary.get(name, question.binary_default):
            blobs.append(encode_binary(tensor))
            output["parameters"] = {"binary_data_size": len(blobs[-1])}
        else:
            output["data"] = encode_json(f"output {name!r}", tensor)
        outputs.append(output)
    head = dumps_finite({**document, "outputs": outputs})
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


def _spec(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(spec.shape)}
