"""Pictures through the handler: as the body, as a form, in predict requests, and where the model takes none."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.handler_calls import INFER, PREDICT, Called
from support.hostile_forms import form
from support.manifests import signature_of
from support.onnx_models import identity_model, package

from pilotlight_runtime.manifest import ImageInput

KIND = {"Content-Type": "multipart/form-data; boundary=" + "-" * 24 + "d74496d66958873e"}
SHAPE = (-1, 2, 2, 3)


def png(value: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (2, 2), (value, 0, 9)).save(target, "PNG")
    return target.getvalue()


@pytest.fixture(params=["UINT8", "FP16", "FP32"])
def called(request: pytest.FixtureRequest, tmp_path: Path) -> Called:
    ends = signature_of([("x", request.param, SHAPE)], [("y", request.param, SHAPE)])
    image = ImageInput("x", 2, 2, 3, 1.0, 0.0, "NHWC")
    package(tmp_path, identity_model(request.param, SHAPE), ends, image=image)
    return Called(tmp_path)


def test_the_body_a_form_and_base64_are_the_same_picture(called: Called) -> None:
    whole = called.http("POST", INFER, png(7))
    as_form = called.http("POST", INFER, form(png(7)), KIND)
    assert (whole.status, whole.head) == (as_form.status, as_form.head)
    assert whole.head["outputs"][0]["data"] == [7, 0, 9] * 4
    rows = called.post(PREDICT, {"instances": [{"b64": base64.b64encode(png(7)).decode()}]})
    assert rows.head == {"predictions": [[[[7, 0, 9]] * 2] * 2]}


def test_a_form_of_two_files_is_a_batch(called: Called) -> None:
    answer = called.http("POST", INFER, form(png(1), png(2)), KIND)
    (output,) = answer.head["outputs"]
    assert (output["shape"], output["data"]) == ([2, 2, 2, 3], [1, 0, 9] * 4 + [2, 0, 9] * 4)


@pytest.mark.parametrize(
    ("path", "body", "headers", "message"),
    [
        (INFER, form(b"secret"), KIND, "file 'file' of the form: the picture is neither PNG nor JPEG"),
        (INFER, form(png(1))[:-9], KIND, "the form is cut short"),
        (INFER, b"{}", KIND, "the form does not begin with the boundary"),
        (
            PREDICT,
            form(png(1)),
            KIND,
            'a predict request takes pictures as {"b64": "..."}; /v2/models/tiny/infer takes',
        ),
        (PREDICT, png(1), {}, 'a predict request takes pictures as {"b64": "..."}; /v2/models/tiny/infer takes files'),
        (PREDICT, b'{"inputs": {"b64": "%"}}', {}, "input 'x' is not base64"),
    ],
)
def test_what_is_refused(called: Called, path: str, body: bytes, headers: dict[str, str], message: str) -> None:
    answer = called.http("POST", path, body, headers)
    assert answer.status == 400
    assert message in answer.head["error"]
    assert "secret" not in called.log.getvalue()


def test_a_direct_event_carries_a_form_in_base64(called: Called) -> None:
    event: dict[str, Any] = {"path": INFER, "headers": KIND, "isBase64Encoded": True}
    event["body"] = base64.b64encode(form(png(3))).decode()
    answer = called.handler(event, None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["outputs"][0]["data"] == [3, 0, 9] * 4


def test_a_model_without_pictures_says_so(tmp_path: Path) -> None:
    package(tmp_path, identity_model("FP32", (1,)), signature_of([("x", "FP32", (1,))], [("y", "FP32", (1,))]))
    called = Called(tmp_path)
    for body, headers in ((png(1), {}), (form(png(1)), KIND)):
        answer = called.http("POST", INFER, body, headers)
        assert (answer.status, answer.head["error"]) == (
            400,
            "model 'tiny' takes no pictures; send an inference request",
        )
