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


<<<<<<< HEAD
def changed(**fields: Any) -> dict[str, Any]:
    return {"inputs": [{**AB[0], **fields}, AB[1]]}


BAD = [
    ("not JSON", b"{", {}, 400, "malformed JSON"),
    ("NaN", json.dumps(changed(data=[1, float("nan"), 3])).encode(), {}, 400, "NaN is not JSON"),
    ("infinity", json.dumps(changed(data=[1, float("inf"), 3])).encode(), {}, 400, "Infinity is not JSON"),
    ("overflow", json.dumps(changed(data=[1, 1e39, 3])).encode(), {}, 400, "data[1] must be a finite FP32"),
    (
        "shape",
        changed(shape=[3], data=[1, 2, 3]),
        {},
        400,
        "input 'a': shape must be [-1, 3] (-1 is any size), got [3]",
    ),
    ("shape, fixed", changed(shape=[1, 2], data=[1, 2]), {}, 400, "got [1, 2]"),
    ("datatype", changed(datatype="INT32"), {}, 400, "input 'a': datatype must be FP32, got INT32"),
    ("unknown datatype", changed(datatype="FP128"), {}, 400, "input 'a': datatype 'FP128' is unknown"),
    ("name", changed(name="c"), {}, 400, "input 'c' is not one of the model's, which are 'a', 'b'"),
    ("missing", {"inputs": AB[:1]}, {}, 400, "input 'b' is missing; the model's are 'a', 'b'"),
    ("extra", {"inputs": [*AB, {**AB[0], "name": "c"}]}, {}, 400, "input 'c' is not one of"),
    ("output", {"inputs": AB, "outputs": [{"name": "z"}]}, {}, 400, "output 'z' is not one of the model's"),
    ("length", changed(data=[1, 2]), {}, 400, "data has 2 elements, but shape [1, 3] has 3"),
    ("absurd dimensions", changed(shape=[2**40, 2**40]), {}, 400, "is too large"),
    ("hidden absurd dimensions", changed(shape=[0, 2**62], data=[]), {}, 400, "is too large"),
    ("deep nesting", b'{"inputs":' + b"[" * 100_000, {}, 400, "too deeply nested"),
    ("binary size", changed(parameters={"binary_data_size": 12}), {}, 400, "not both"),
    ("header length", {"inputs": AB}, {"Inference-Header-Content-Length": "99999"}, 400, "Inference-Header-Content-L"),
    ("no UTF-8", b"\xc3\x28", {}, 400, "not UTF-8"),
    (
        "truncated gzip",
        gzip.compress(json.dumps({"inputs": AB}).encode())[:-4],
        {"Content-Encoding": "gzip"},
        400,
        "cut",
    ),
    ("corrupt gzip", b"\x1f\x8b\x08" + bytes(30), {"Content-Encoding": "gzip"}, 400, "damaged"),
    ("no gzip", {"inputs": AB}, {"Content-Encoding": "gzip"}, 400, "is not gzip"),
    ("unknown encoding", {"inputs": AB}, {"Content-Encoding": "zstd"}, 400, "'zstd' is not supported"),
    ("bomb", gzip.compress(bytes(MAX_UNPACKED_BYTES + 1), 9), {"Content-Encoding": "gzip"}, 413, "unpacks to more"),
    ("a picture", b"\x89PNG\r\n\x1a\n", {"Content-Type": "image/png"}, 400, "takes no pictures"),
    ("empty", b"", {}, 400, "the body is empty"),
]


@pytest.mark.parametrize(("body", "headers", "status", "message"), [case[1:] for case in BAD], ids=[c[0] for c in BAD])
def test_bad_input_is_named(pair: Called, body: Any, headers: dict[str, str], status: int, message: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = pair.http("POST", INFER, raw, headers)
    assert answer.status == status
    assert set(answer.head) == {"error"}
    assert message in answer.head["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/v2/models/other/infer", 404, "model 'other' is not here; this function serves 'tiny'"),
        ("POST", "/v1/models/other:predict", 404, "model 'other' is not here"),
        ("GET", "/v2/models/tiny/versions/1", 404, "version '1' of 'tiny' is not served; '"),
        ("POST", "/v2/models/tiny/versions/1/infer", 404, "version '1' of 'tiny' is not served"),
        ("GET", "/v2/models/tiny/nothing", 404, "there is no route for '/v2/models/tiny/nothing'"),
        ("POST", "/v2/repository/index", 404, "the list of models is not here"),
        ("GET", INFER, 405, "method 'GET' is not allowed here; use POST"),
        ("DELETE", "/v2/models/tiny", 405, "use GET"),
        ("GET", PREDICT, 405, "use POST"),
    ],
)
def test_what_is_not_there(pair: Called, method: str, path: str, status: int, message: str) -> None:
    answer = pair.http(method, path)
    assert answer.status == status
    assert message in answer.head["error"]


def test_a_body_larger_than_lambda_carries(pair: Called) -> None:
    assert pair.http("POST", INFER, bytes(5_000_000)).status == 413


def test_an_answer_larger_than_lambda_carries(tmp_path: Path) -> None:
    package(tmp_path, fill_model(), signature_of([("count", "INT64", (1,))], [("zeros", "FP32", (-1,))]))
    called = Called(tmp_path)
    asked = {"inputs": [tensor("count", 2_000_000, shape=(1,), datatype="INT64")]}
    for parameters in ({}, {"binary_data_output": True}):
        answer = called.post(INFER, {**asked, "parameters": parameters})
        assert answer.status == 413
        assert "Accept-Encoding: gzip" in answer.head["error"]
    event = {"path": INFER, "body": asked, "headers": {"accept-encoding": "gzip"}}
    packed = called.handler(event, None)
    assert packed["statusCode"] == 200
    assert packed["headers"]["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_what_json_cannot_carry_is_never_null(logarithm: Called, value: float) -> None:
    asked = {"inputs": [tensor("x", 1.0, value, shape=(1, 2))]}
    answer = logarithm.post(INFER, asked)
    assert answer.status == 400
    assert "output 'y' has NaN or infinity" in answer.head["error"]
    assert "binary_data" in answer.head["error"]
    assert logarithm.post(PREDICT, {"instances": [[1.0, value]]}).status == 400
    assert logarithm.post(INFER, {**asked, "parameters": {"binary_data_output": True}}).status == 200


def test_a_model_that_fails_is_a_500_with_the_cause_in_the_log_alone(rows: Called) -> None:
    asked = json.dumps({"inputs": [tensor("index", 77, shape=(1,), datatype="INT64")]}).encode()
    answer = rows.http("POST", INFER, asked, context=CONTEXT)
    assert answer.status == 500
    assert answer.head == {"error": "the model failed on this input", "request_id": "id-1"}
    line, metrics = rows.lines[-2:]
    assert (line["level"], line["request_id"], line["status"]) == ("ERROR", "id-1", 500)
    assert "Gather" in line["exception"]
    assert "77" not in line["exception"]
    assert metrics["Errors"] == [1.0]


def test_the_log_line_of_a_request(pair: Called) -> None:
    pair.http("POST", INFER, json.dumps({"inputs": AB}).encode(), context=CONTEXT)
    line, metrics = pair.lines[-2:]
    assert (line["level"], line["operation"], line["status"], line["request_id"]) == ("INFO", "infer", 200, "id-1")
    assert line["inputs"] == {"a": [1, 3], "b": [1, 3]}
    assert set(line["milliseconds"]) == {"event", "decode", "infer", "encode", "pack", "total"}
    assert sum(line["milliseconds"].values()) <= 2 * line["milliseconds"]["total"] + 0.01
    assert metrics["model"] == "tiny"


def test_no_payload_reaches_the_log(tmp_path: Path) -> None:
    package_identity(tmp_path, "BYTES", (-1,))
    called = Called(tmp_path)
    secret = "correct horse battery staple"
    good = {"name": "x", "datatype": "BYTES", "shape": [1], "data": [secret]}
    requests: list[object] = [
        {"inputs": [good], "id": secret},
        {"inputs": [{**good, "datatype": secret}]},
        {"inputs": [{**good, "name": secret}]},
        {"inputs": [{**good, "shape": [secret]}]},
        {"inputs": [good], "outputs": [{"name": secret}]},
        {"inputs": secret},
        secret,
    ]
    for request in requests:
        called.post(INFER, request, Accept=secret, Content_Encoding="")
    called.post(PREDICT, {"instances": [secret]})
    called.http("GET", f"/v2/models/{secret}")
    called.http(secret, "/v2")
    called.handler({"path": "/v2", "body": secret, "headers": secret}, None)
    assert len(called.lines) == 2 * (len(requests) + 4)
    assert secret not in called.log.getvalue()
    assert "horse" not in called.log.getvalue()


def test_the_first_request_alone_is_cold(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (1,))
    called = Called(tmp_path)
    for _ in range(3):
        called.http("GET", "/v2")
    assert [line["cold"] for line in called.lines if "cold" in line] == [True, False, False]
    assert [line["ColdStart"] for line in called.lines if "_aws" in line] == [[1.0], [0.0], [0.0]]


def test_a_model_that_fails_on_zeros_starts_with_a_warning(tmp_path: Path) -> None:
    signature = signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))])
    package(tmp_path, gather_model(shift=9), signature)
    called = Called(tmp_path)
    (line,) = called.lines
    assert (line["level"], line["exception_name"]) == ("WARNING", "InferenceFailed")
    asked = {"inputs": [tensor("index", 10, shape=(1,), datatype="INT64")]}
    assert called.post(INFER, asked).head["outputs"][0]["data"] == [11.0]


def test_a_damaged_model_does_not_start(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (1,))
    with (tmp_path / "model.onnx").open("ab") as file:
        file.write(b"!")
    with pytest.raises(LoadError, match=r"model\.onnx has sha256"):
        Called(tmp_path)


# ---- pictures


=======
>>>>>>> refs/heads/tests
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
