"""What the handler of a real tiny model refuses, and what it says."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.handler_calls import AB, INFER, PREDICT, Called, tensor
from support.manifests import signature_of
from support.onnx_models import (
    fill_model,
    package,
)

from pilotlight_runtime.protocol.compression import MAX_UNPACKED_BYTES


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


@pytest.mark.parametrize(("value", "word"), [(0.0, "-Infinity"), (-1.0, "NaN")])
def test_what_json_cannot_carry_is_never_null(logarithm: Called, value: float, word: str) -> None:
    asked = {"inputs": [tensor("x", 1.0, value, shape=(1, 2))]}
    answer = logarithm.post(INFER, asked)
    assert answer.status == 400
    assert "output 'y' has NaN or infinity" in answer.head["error"]
    assert "binary_data" in answer.head["error"]
    predicted = logarithm.post(PREDICT, {"instances": [[1.0, value]]})  # whose protocol has words for them
    assert (predicted.status, json.dumps(predicted.head)) == (200, f'{{"predictions": [[0.0, {word}]]}}')
    assert logarithm.post(INFER, {**asked, "parameters": {"binary_data_output": True}}).status == 200
