"""The handler of real tiny models: protocols and datatypes."""

import gzip
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.codec_table import TABLE
from support.handler_calls import AB, INFER, PREDICT, Answered, Called, tensor
from support.manifests import signature_of
from support.onnx_models import (
    identity_model,
    package,
    package_identity,
)

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput


@pytest.mark.parametrize("name", TABLE)
def test_each_datatype_through_a_model_in_json_and_in_binary(tmp_path: Path, name: str) -> None:
    package_identity(tmp_path, name, (-1,))
    called = Called(tmp_path)
    elements, _ = TABLE[name]
    asked = {"inputs": [{"name": "x", "datatype": name, "shape": [2], "data": elements}]}
    answer = called.post(INFER, asked)
    assert answer.status == 200
    assert answer.head["outputs"] == [{"name": "y", "datatype": name, "shape": [2], "data": elements}]
    binary = called.post(INFER, {**asked, "parameters": {"binary_data_output": True}})
    again = send_binary(called, name, (2,), binary.tail)
    assert again.tail == binary.tail
    assert again.head["outputs"][0]["parameters"] == {"binary_data_size": len(binary.tail)}


def send_binary(called: Called, datatype: str, shape: tuple[int, ...], raw: bytes) -> Answered:
    inputs = [{"name": "x", "datatype": datatype, "shape": list(shape), "parameters": {"binary_data_size": len(raw)}}]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return called.http("POST", INFER, head + raw, {"Inference-Header-Content-Length": str(len(head))})


def test_bf16_goes_through_in_binary_alone(tmp_path: Path) -> None:
    package_identity(tmp_path, "BF16", (-1, 2))
    called = Called(tmp_path)
    assert send_binary(called, "BF16", (1, 2), b"\x80\x3f\x00\xc0").tail == b"\x80\x3f\x00\xc0"
    refused = called.post(INFER, {"inputs": [tensor("x", 1, 2, shape=(1, 2), datatype="BF16")]})
    assert (refused.status, refused.head) == (
        400,
        {"error": "input 'x': BF16 has no JSON form; send it as a binary tensor"},
    )


def test_bytes_of_any_kind_go_through_in_binary(tmp_path: Path) -> None:
    package_identity(tmp_path, "BYTES", (-1,))
    called = Called(tmp_path)
    raw = b"\0\0\0\0" + b"\4\0\0\0\xff\0\xfe\n"
    assert send_binary(called, "BYTES", (2,), raw).tail == raw


def test_requested_outputs_in_the_order_asked_for(pair: Called) -> None:
    answer = pair.post(INFER, {"id": "é", "inputs": AB, "outputs": [{"name": "difference"}, {"name": "sum"}]})
    assert answer.head["id"] == "é"
    assert [(output["name"], output["data"]) for output in answer.head["outputs"]] == [
        ("difference", [-9, -18, -27]),
        ("sum", [11, 22, 33]),
    ]
    assert [output["name"] for output in pair.post(INFER, {"inputs": AB}).head["outputs"]] == ["sum", "difference"]


def test_binary_and_json_side_by_side(pair: Called) -> None:
    raw = struct.pack("<3f", 10, 20, 30)
    b = {"name": "b", "datatype": "FP32", "shape": [1, 3], "parameters": {"binary_data_size": 12}}
    outputs = [{"name": "sum", "parameters": {"binary_data": True}}, {"name": "difference"}]
    head = json.dumps({"inputs": [b, AB[0]], "outputs": outputs}).encode()
    answer = pair.http("POST", INFER, head + raw, {"inference-header-content-length": str(len(head))})
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.tail == struct.pack("<3f", 11, 22, 33)
    assert answer.head["outputs"][1]["data"] == [-9, -18, -27]


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
@pytest.mark.parametrize("path", [INFER, PREDICT])
def test_packed_bodies(pair: Called, encoding: str, pack: Any, path: str) -> None:
    document = {"inputs": AB} if path == INFER else {"instances": [{"a": [1, 2, 3], "b": [1, 1, 1]}]}
    answer = pair.http("POST", path, pack(json.dumps(document).encode()), {"Content-Encoding": encoding})
    assert answer.status == 200


def test_server_and_model_by_v2(pair: Called) -> None:
    metadata = pair.http("GET", "/v2/models/tiny").head
    version = metadata["versions"][0]
    assert metadata["platform"] == "onnx_onnxv1"
    assert metadata["inputs"][0] == {"name": "a", "datatype": "FP32", "shape": [-1, 3]}
    assert [output["name"] for output in metadata["outputs"]] == ["sum", "difference"]
    assert pair.http("GET", f"/v2/models/tiny/versions/{version}").head == metadata
    assert pair.http("GET", "/v2/models/tiny/ready").head == {"name": "tiny", "ready": True}
    assert pair.http("GET", f"/v2/models/tiny/versions/{version}/ready").status == 200
    assert pair.http("GET", "/v2").head["extensions"] == ["binary_tensor_data"]
    assert pair.http("GET", "/v2/health/live").head == {"live": True}
    assert pair.http("GET", "/v2/health/ready").head == {"ready": True}
    answer = pair.post(f"/v2/models/tiny/versions/{version}/infer", {"inputs": AB})
    assert (answer.head["model_name"], answer.head["model_version"]) == ("tiny", version)


def test_tensorflow_serving(pair: Called) -> None:
    status = pair.http("GET", "/v1/models/tiny").head["model_version_status"][0]
    assert status["state"] == "AVAILABLE"
    by_row = pair.post(PREDICT, {"instances": [{"a": [1, 2, 3], "b": [1, 1, 1]}, {"a": [0, 0, 0], "b": [1, 1, 1]}]})
    assert by_row.head == {
        "predictions": [{"sum": [2, 3, 4], "difference": [0, 1, 2]}, {"sum": [1, 1, 1], "difference": [-1, -1, -1]}]
    }
    path = f"/v1/models/tiny/versions/{status['version']}:predict"
    by_column = pair.post(path, {"inputs": {"a": [[1, 2, 3]], "b": [[1, 1, 1]]}})
    assert by_column.head == {"outputs": {"sum": [[2, 3, 4]], "difference": [[0, 1, 2]]}}
    assert pair.post(PREDICT, {"instances": [{"a": [1, 2, 3]}]}).head == {
        "error": "input 'b' is missing; the model's are 'a', 'b'"
    }


def test_a_picture_is_an_inference_request(tmp_path: Path) -> None:
    image = ImageInput("x", 2, 2, 1, 1 / 255, 0.0, "NHWC")
    signature = signature_of([("x", "FP32", (-1, 2, 2, 1))], [("y", "FP32", (-1, 2, 2, 1))])
    package(tmp_path, identity_model("FP32", (-1, 2, 2, 1)), signature, image=image)
    called = Called(tmp_path)
    for kind in ("PNG", "JPEG"):
        picture = io.BytesIO()
        Image.new("L", (2, 2), 51).save(picture, kind)
        answer = called.http("POST", INFER, picture.getvalue(), {"Content-Type": f"image/{kind.lower()}"})
        assert answer.status == 200
        assert answer.head["outputs"][0]["data"] == pytest.approx([0.2] * 4)
        packed = called.http("POST", INFER, gzip.compress(picture.getvalue()), {"Content-Encoding": "gzip"})
        assert packed.head == answer.head
    assert called.http("POST", INFER, b"GIF89a", {"Content-Type": "image/gif"}).status == 400
    assert called.post(INFER, {"inputs": [tensor("x", 1, 2, 3, 4, shape=(1, 2, 2, 1))]}).status == 200


def test_the_table_covers_what_json_carries() -> None:
    assert set(TABLE) | {"BF16"} == set(DATATYPES)
