"""Events as AWS and `sam local` send them, through the real handler."""

import base64
import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from support.handler_calls import Called, answered
from support.onnx_models import package_identity

EVENTS = Path(__file__).parents[2] / "events"
BY_REQUEST = sorted(
    path.stem for path in EVENTS.glob("*.json") if path.stem not in ("direct_infer", "rest_binary", "rest_metadata")
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("tiny")
    package_identity(folder, "FP32", (-1, 2))
    return Called(folder)


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize("name", BY_REQUEST)
def test_an_inference_by_each_event(tiny: Called, name: str) -> None:
    answer = tiny.handler(event(name), None)
    assert answer["isBase64Encoded"] is False
    assert answered(answer).status == 200
    assert answered(answer).head["outputs"][0]["data"] == [1.5, -2.0]
    assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}


def test_there_is_an_event_of_each_kind() -> None:
    kinds = {"rest_json", "http_api", "http_api_stage", "function_url", "direct_path", "sam_local"}
    assert kinds <= set(BY_REQUEST)


def test_a_binary_request_without_a_content_type(tiny: Called) -> None:
    answer = answered(tiny.handler(event("rest_binary"), None))
    assert answer.status == 200
    assert answer.tail == struct.pack("<ff", 1.5, -2.0)


def test_metadata(tiny: Called) -> None:
    assert answered(tiny.handler(event("rest_metadata"), None)).head["name"] == "tiny"


def test_a_direct_request_gets_the_response_object(tiny: Called) -> None:
    answer = tiny.handler(event("direct_infer"), None)
    assert answer["id"] == "1"
    assert answer["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [1.5, -2.0]}]
    assert tiny.handler({"inputs": []}, None) == {
        "error": "input 'x' is missing; the model's are 'x'",
        "status": 400,
    }


def test_a_packed_answer_comes_in_base64(tiny: Called) -> None:
    count = 20_000
    sent = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [count // 2, 2], "data": [0.5] * count}]}
    asked = event("rest_json_text")
    asked["body"] = json.dumps(sent)
    asked["multiValueHeaders"]["Accept-Encoding"] = ["deflate;q=0", "gzip"]
    answer = tiny.handler(asked, None)
    assert answer["isBase64Encoded"] is True
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert len(base64.b64decode(answer["body"])) < 1000
    assert answered(answer, gzip.decompress).head["outputs"][0]["data"] == [0.5] * count
