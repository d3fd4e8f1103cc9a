"""Whatever comes in, a well-formed answer goes out: never an exception, never a fault of our own."""

import base64
import gzip
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from support.handler_calls import Called
from support.manifests import signature_of
from support.onnx_models import identity_model, package

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput

SETTINGS = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
INFER = "/v2/models/tiny/infer"
PATHS = [INFER, "/v1/models/tiny:predict", "/v2/models/tiny", "/v2", "/v2/models/tiny/versions/x/infer"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "content-encoding", "inference-header-content-length", "accept-encoding", "x"]),
    st.sampled_from(["gzip", "deflate", "image/png", "application/json", "0", "17", "-1", "99999999"]) | st.text(),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("tiny")
    image = ImageInput("x", 2, 2, 1, 1.0, 0.0, "NHWC")
    ends = [("x", "FP32", (-1, 2, 2, 1))], [("y", "FP32", (-1, 2, 2, 1))]
    package(folder, identity_model("FP32", (-1, 2, 2, 1)), signature_of(*ends), image=image)
    return Called(folder)


def check(called: Called, event: Any) -> int:
    """The status of the answer to `event`, which must be one that API Gateway takes, and no fault of ours."""
    answer = called.handler(event, None)
    json.dumps(answer)
    if "statusCode" not in answer:
        assert set(answer) == {"error", "status"} or "outputs" in answer
        status = answer.get("status", 200)
    else:
        assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
        assert all(isinstance(part, str) for pair in answer["headers"].items() for part in pair)
        if answer["isBase64Encoded"]:
            base64.b64decode(answer["body"], validate=True)
        status = answer["statusCode"]
        if status >= 400:
            assert set(json.loads(answer["body"])) == {"error"}
    assert 200 <= status < 500, called.lines[-2].get("exception")
    return int(status)


def event(method: str, path: str, headers: object, body: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(body).decode()
    return {"httpMethod": method, "path": path, "headers": headers, "body": encoded, "isBase64Encoded": True}


@given(JSON | st.dictionaries(st.sampled_from(["path", "method", "httpMethod", "body", "inputs", "rawPath"]), JSON))
@SETTINGS
def test_any_event(tiny: Called, found: Any) -> None:
    check(tiny, found)


@given(
    st.sampled_from(["GET", "POST", "PUT", ""]) | st.text(), st.sampled_from(PATHS) | st.text(), HEADERS, st.binary()
)
@SETTINGS
def test_any_request(tiny: Called, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    check(tiny, event(method, path, headers, body))


@given(st.sampled_from(PATHS), HEADERS, JSON)
@SETTINGS
def test_any_document(tiny: Called, path: str, headers: dict[str, str], document: Any) -> None:
    check(tiny, event("POST", path, headers, json.dumps(document).encode()))


TENSORS = st.fixed_dictionaries(
    {
        "name": st.just("x") | st.text() | JSON,
        "datatype": st.sampled_from(sorted(DATATYPES)) | JSON,
        "shape": st.sampled_from([[1, 2, 2, 1], [0, 2, 2, 1], [4], []]) | st.lists(st.integers()) | JSON,
    },
    optional={
        "data": st.just([1, 2, 3, 4]) | JSON,
        "parameters": st.dictionaries(st.sampled_from(["binary_data_size"]), st.integers(0, 20) | JSON) | JSON,
    },
)
REQUESTS = st.fixed_dictionaries(
    {"inputs": st.lists(TENSORS, max_size=2) | JSON},
    optional={
        "id": JSON,
        "outputs": st.lists(st.fixed_dictionaries({"name": st.just("y") | JSON, "parameters": JSON})) | JSON,
        "parameters": st.fixed_dictionaries({"binary_data_output": st.booleans() | JSON}) | JSON,
    },
)


@given(REQUESTS, st.binary(max_size=20))
@SETTINGS
def test_nearly_valid_requests(tiny: Called, request_: Any, tail: bytes) -> None:
    head = json.dumps(request_).encode()
    check(tiny, event("POST", INFER, {"inference-header-content-length": str(len(head))}, head + tail))
    check(tiny, request_)


@given(st.fixed_dictionaries({}, optional={"instances": JSON, "inputs": JSON, "signature_name": JSON}))
@SETTINGS
def test_nearly_valid_predictions(tiny: Called, document: Any) -> None:
    check(tiny, event("POST", "/v1/models/tiny:predict", None, json.dumps(document).encode()))


def valid_bodies(folder: Path) -> list[tuple[dict[str, str], bytes]]:
    x = {"name": "x", "datatype": "FP32", "shape": [1, 2, 2, 1]}
    plain = json.dumps({"inputs": [{**x, "data": [1, 2, 3, 4]}]}).encode()
    head = json.dumps({"inputs": [{**x, "parameters": {"binary_data_size": 16}}]}).encode()
    binary = head + struct.pack("<4f", 1, 2, 3, 4)
    found = [
        ({}, plain),
        ({"inference-header-content-length": str(len(head))}, binary),
        ({"content-encoding": "gzip"}, gzip.compress(plain)),
        ({"content-encoding": "deflate"}, zlib.compress(plain)),
    ]
    for kind in ("png", "jpeg"):
        path = folder / f"picture.{kind}"
        Image.linear_gradient("L").resize((9, 7)).save(path)
        found.append(({"content-type": f"image/{kind}"}, path.read_bytes()))
    return found


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, str], bytes]]:
    return valid_bodies(tmp_path_factory.mktemp("bodies"))


def test_the_bodies_to_be_damaged_are_valid(tiny: Called, bodies: list[tuple[dict[str, str], bytes]]) -> None:
    assert [check(tiny, event("POST", INFER, headers, body)) for headers, body in bodies] == [200] * len(bodies)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on a damaged tag inside a picture
@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=4), st.integers(0))
@SETTINGS
def test_damaged_bodies(
    tiny: Called, bodies: list[tuple[dict[str, str], bytes]], which: int, flips: list[tuple[int, int]], cut: int
) -> None:
    headers, body = bodies[which]
    damaged = bytearray(body)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    if cut % 2:
        del damaged[cut % len(damaged) :]
    check(tiny, event("POST", INFER, headers, bytes(damaged)))
