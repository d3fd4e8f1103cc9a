"""What a caller of `generate` and `generate_stream` is told where the graph refuses the request's tensors."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.manifests import signature_of
from support.onnx_models import gather_model, package
from support.streaming_function import GENERATE, STREAM, read_events, request

from pilotlight_runtime import LoadedModel, Prepared, Streaming, model_handler

SIGNATURE = signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))])


def prepare(model: LoadedModel) -> Prepared:
    """Streams the same tensors twice: those that the caller sent."""

    def predict(inputs: dict[str, Any]) -> dict[str, Any]:
        return {"row": model.session.run(inputs, ("row",))[0]}

    def stream(inputs: dict[str, Any]) -> Any:
        yield predict(inputs)
        yield predict(inputs)

    return Streaming(predict, stream)


@pytest.fixture
def ask(tmp_path: Path) -> Any:
    """Asks a model that knows the rows -4 to 3: gives the status and the body."""
    package(tmp_path, gather_model(), SIGNATURE, samples=10, ranges={"index": {"least": -4, "most": 3, "exact": True}})
    handler = model_handler(str(tmp_path / "app.py"), prepare=prepare, environ={}, stream=io.StringIO())

    def asked(path: str, index: object) -> tuple[int, bytes]:
        answer = handler(request(path, {"index": index}), None)
        body: str = answer["body"]
        return answer["statusCode"], base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()

    return asked


def test_it_answers(ask: Any) -> None:
    status, body = ask(STREAM, [0, -1])
    assert (status, [event["row"] for event in read_events(body)]) == (200, [[[10.0], [13.0]]] * 2)
    status, body = ask(GENERATE, 3)
    assert (status, json.loads(body)["row"]) == (200, 13.0)


@pytest.mark.parametrize("path", [GENERATE, STREAM])
@pytest.mark.parametrize(("index", "place"), [(7, "input 'index'"), ([0, 7], "input 'index'[1]")])
def test_a_refusal_names_the_place_as_the_request_writes_it(ask: Any, path: str, index: object, place: str) -> None:
    status, body = ask(path, index)
    assert status == 400
    assert f"{place} is 7, the model takes -4 to 3" in json.loads(body)["error"]


@pytest.mark.parametrize("path", [GENERATE, STREAM])
def test_a_shape_that_does_not_fit_is_named(ask: Any, path: str) -> None:
    status, body = ask(path, [[1]])
    assert status == 400
    assert json.loads(body) == {"error": "input 'index': shape must be [-1] (-1 is any size), got [1, 1]"}
