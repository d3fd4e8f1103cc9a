import json
import struct

import pytest
from support.manifests import manifest_of

from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.protocol.oip_request import OipRequest
from pilotlight_runtime.protocol.oip_response import model_metadata, write_response
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferRequest, InferResponse

MANIFEST = manifest_of([("x", "FP32", (-1, 2))], [("p", "FP32", (-1,)), ("t", "BYTES", (-1,))])
OUTPUTS = InferResponse(
    {"p": Tensor(FP32, (2,), memoryview(struct.pack("<ff", 1, 2))), "t": Tensor(BYTES, (1,), (b"hi",))}
)


def question(identity: str | None = None, *, default: bool = False, **binary: bool) -> OipRequest:
    return OipRequest(InferRequest({}), identity, binary, default)


def test_json_answers() -> None:
    answer = write_response(MANIFEST, question("7"), OUTPUTS)
    assert answer.headers == {"Content-Type": "application/json"}
    assert json.loads(answer.body) == {
        "model_name": "tiny",
        "model_version": MANIFEST.version,
        "id": "7",
        "outputs": [
            {"name": "p", "datatype": "FP32", "shape": [2], "data": [1.0, 2.0]},
            {"name": "t", "datatype": "BYTES", "shape": [1], "data": ["hi"]},
        ],
    }


def test_an_answer_without_id_has_none() -> None:
    assert "id" not in json.loads(write_response(MANIFEST, question(), OUTPUTS).body)
    assert json.loads(write_response(MANIFEST, question(""), OUTPUTS).body)["id"] == ""


@pytest.mark.parametrize(
    ("asked", "sizes", "tail"),
    [
        (question(default=True), [8, 6], struct.pack("<ff", 1, 2) + b"\2\0\0\0hi"),
        (question(t=True), [None, 6], b"\2\0\0\0hi"),
        (question(default=True, p=True, t=False), [8, None], struct.pack("<ff", 1, 2)),
    ],
)
def test_binary_answers(asked: OipRequest, sizes: list[int | None], tail: bytes) -> None:
    answer = write_response(MANIFEST, asked, OUTPUTS)
    length = int(answer.headers["Inference-Header-Content-Length"])
    outputs = json.loads(answer.body[:length])["outputs"]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert [output.get("parameters", {}).get("binary_data_size") for output in outputs] == sizes
    assert ["data" in output for output in outputs] == [size is None for size in sizes]
    assert answer.body[length:] == tail


def test_nan_is_refused_in_json_and_goes_in_binary() -> None:
    response = InferResponse({"p": Tensor(FP32, (1,), memoryview(struct.pack("<f", float("nan"))))})
    with pytest.raises(InvalidRequest, match=r"output 'p' has NaN or infinity.*ask for it in binary"):
        write_response(MANIFEST, question(), response)
    assert write_response(MANIFEST, question(default=True), response).status == 200


def test_metadata() -> None:
    assert model_metadata(MANIFEST) == {
        "name": "tiny",
        "versions": [MANIFEST.version],
        "platform": "onnx_onnxv1",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "outputs": [
            {"name": "p", "datatype": "FP32", "shape": [-1]},
            {"name": "t", "datatype": "BYTES", "shape": [-1]},
        ],
    }
