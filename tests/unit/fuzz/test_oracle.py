"""The fuzzer's oracle on requests whose answers were worked out by hand from the protocols' documents."""

import base64
import gzip
import json
from typing import Any

import numpy as np
import pytest
from fuzz.arrays import bits
from fuzz.oracle.answers import ACCEPTED, FAILED, REFUSED, WRONG_DATA, WRONG_STATUS, find_fault
from fuzz.oracle.expected import Expected
from fuzz.oracle.oracle import expect
from fuzz.packaging import Packaged
from fuzz.targets import all_targets

TARGETS = all_targets()
INFER = "/v2/models/{}/infer"


def ask(name: str, body: Any, path: str = INFER, **headers: str) -> Expected:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    event = {
        "httpMethod": "POST",
        "path": path.format(name),
        "headers": {field.replace("_", "-"): value for field, value in headers.items()},
        "body": base64.b64encode(content).decode(),
        "isBase64Encoded": True,
    }
    return expect(packaged(name), event)


def packaged(name: str) -> Packaged:
    return Packaged(TARGETS[name], "", "v")


def one(datatype: str, shape: Any, data: Any, **more: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "x", "datatype": datatype, "shape": shape, "data": data, **more}]}


VALID = {
    "flat": ("cube", one("INT64", [1, 2, 2], [1, 2, 3, 4]), np.array([[[1, 2], [3, 4]]])),
    "nested": ("cube", one("INT64", [1, 2, 2], [[[1, 2], [3, 4]]]), np.array([[[1, 2], [3, 4]]])),
    "scalar": ("scalar", one("FP32", [], 0.1), np.array(0.1, "<f4")),
    "scalar in a list": ("scalar", one("FP32", [], [1]), np.array(1, "<f4")),
    "empty": ("id-fp32", one("FP32", [0], []), np.zeros(0, "<f4")),
    "minus zero": (
        "id-fp64",
        b'{"inputs":[{"name":"x","datatype":"FP64","shape":[2],"data":[-0,-0.0]}]}',
        np.array([0.0, -0.0]),
    ),
    "rounded": ("id-fp16", one("FP16", [1], [65519.99]), np.array([65504], "<f2")),
    "the second of two equal names": (
        "id-int8",
        b'{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1],"data":[-128]}]}',
        np.array([-128], "i1"),
    ),
}
INVALID = {
    "a fraction for a whole number": ("id-int32", one("INT32", [1], [1.0])),
    "a boolean for a number": ("id-int32", one("INT32", [1], [True])),
    "out of range": ("id-uint8", one("UINT8", [1], [256])),
    "rounds to infinity": ("id-fp16", one("FP16", [1], [65520])),
    "beyond a double": ("id-fp64", b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[1e400]}]}'),
    "NaN": ("id-fp64", b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[NaN]}]}'),
    "half a surrogate pair": ("id-bytes", one("BYTES", [1], ["\ud800"])),
    "half a surrogate pair in the id": ("id-fp32", {**one("FP32", [1], [1]), "id": "\ud800"}),
    "half nested": ("cube", one("INT64", [1, 2, 2], [[1, 2], [3, 4]])),
    "another count": ("id-fp32", one("FP32", [2], [1])),
    "another rank": ("id-fp32", one("FP32", [1, 1], [1])),
    "another datatype": ("id-uint16", one("BF16", [1], [1])),
    "both forms": ("id-fp32", one("FP32", [1], [1], parameters={"binary_data_size": 4})),
    "a tail of nothing": ("id-fp32", json.dumps(one("FP32", [1], [1])).encode() + b"xxxx"),
    "an index out of range": (
        "gather",
        {"inputs": [{"name": "index", "datatype": "INT64", "shape": [1], "data": [4]}]},
    ),
    "sizes of one name that differ": (
        "add-open",
        {
            "inputs": [
                {"name": name, "datatype": "FP64", "shape": [n], "data": [1] * n} for name, n in (("a", 1), ("b", 3))
            ]
        },
    ),
}


@pytest.mark.parametrize("case", VALID)
def test_valid_requests(case: str) -> None:
    name, body, wanted = VALID[case]
    for expected in (
        ask(name, body),
        ask(
            name, gzip.compress(body if isinstance(body, bytes) else json.dumps(body).encode()), Content_Encoding="gzip"
        ),
    ):
        assert expected.outputs is not None
        assert bits(expected.outputs["y"]) == bits(wanted)
        assert expected.outputs["y"].shape == wanted.shape


@pytest.mark.parametrize("case", INVALID)
def test_invalid_requests(case: str) -> None:
    name, body = INVALID[case]
    assert ask(name, body).statuses == {400}
    assert not ask(name, body).lenient


def test_binary_tensors() -> None:
    head = json.dumps(
        {
            "inputs": [{"name": "x", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 11}}],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    tail = b"\x01\0\0\0a\x02\0\0\0\xff\xfe"
    expected = ask("id-bytes", head + tail, Inference_Header_Content_Length=str(len(head)))
    assert expected.outputs is not None
    assert expected.outputs["y"].tolist() == [b"a", b"\xff\xfe"]
    assert ask("id-bytes", head + tail[:-1], Inference_Header_Content_Length=str(len(head))).statuses == {400}
    assert ask("id-bytes", head + tail, Inference_Header_Content_Length="99999").statuses == {400}


def test_tensorflow_serving() -> None:
    path = "/v1/models/{}:predict"
    rows = ask("add", {"instances": [{"a": [1, 2, 3], "b": [1, 1, 1]}]}, path)
    assert rows.outputs is not None
    assert rows.outputs["sum"].tolist() == [[2, 3, 4]]
    assert ask("add", {"instances": [{"a": [1, 2, 3], "b": [1, 1, 1]}, {"a": [1, 2, 3]}]}, path).statuses == {400}
    assert ask("id-bytes", {"inputs": [{"b64": "YQ="}]}, path).statuses == {400}
    assert ask("scalar", {"instances": [1]}, path).statuses == {400}  # an output without rows


def test_routes() -> None:
    assert ask("add", {}, "/v2/models/{}").statuses == {405}
    assert ask("add", {}, "/v2/models/other/infer").statuses == {404}
    assert ask("add", {}, "/v2/models/{}/versions/w/infer").statuses == {404}
    assert ask("add", {}, "/v3").statuses == {404}


def reply(status: int, document: Any) -> bytes:
    body = json.dumps(document)
    return json.dumps({"statusCode": status, "headers": {}, "body": body, "isBase64Encoded": False}).encode()


def answered(data: list[Any], **more: Any) -> Any:
    output = {"name": "y", "datatype": "FP32", "shape": [2], "data": data}
    return {"model_name": "id-fp32", "model_version": "v", "outputs": [output], **more}


def test_answers() -> None:
    valid, invalid = ask("id-fp32", one("FP32", [2], [0.1, -0.0])), ask("id-fp32", one("FP32", [3], [1]))

    def kind(expected: Expected, raw: bytes) -> str:
        _, fault = find_fault(packaged("id-fp32"), expected, raw)
        return fault.kind if fault else ""

    assert kind(valid, reply(200, answered([0.1, -0.0]))) == ""
    assert kind(valid, reply(200, answered([0.10000000149011612, -0.0]))) == ""
    assert kind(valid, reply(200, answered([0.1, 0.0]))) == WRONG_DATA
    assert kind(valid, reply(200, answered([0.1]))) == WRONG_DATA
    assert kind(valid, reply(200, answered([0.1, -0.0], id="1"))) == WRONG_DATA
    assert kind(valid, reply(400, {"error": "no"})) == REFUSED
    assert kind(invalid, reply(400, {"error": "no"})) == ""
    assert kind(invalid, reply(500, {"error": "no"})) == FAILED
    assert kind(invalid, reply(404, {"error": "no"})) == WRONG_STATUS
    assert kind(invalid, reply(200, answered([1, 2]))) == ACCEPTED
