"""What app.py's stream may return and yield, and the other routes of a model that streams."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.onnx_models import package_identity
from support.streaming_function import STREAM, read_events, request

from pilotlight_runtime import LoadedModel, Prepared, Streaming, model_handler
from pilotlight_runtime.errors import ManifestError

MakeStream = Callable[[dict[str, Any]], Any]


def ask(folder: Path, make: MakeStream, path: str = STREAM, method: str = "POST") -> tuple[int, bytes, str]:
    """The status, the body and the log of one request to a model whose stream is `make`'s."""
    package_identity(folder, "FP32", (1,))
    log = io.StringIO()

    def prepare(model: LoadedModel) -> Prepared:
        with pytest.raises(ManifestError, match="the version has none"):
            model.asset("words.json")
        return Streaming(lambda inputs: {"y": model.session.run(inputs, ("y",))[0]}, make)

    handler = model_handler(str(folder / "app.py"), prepare=prepare, environ={}, stream=log)
    event = {**request(path, {"x": 0.5}), "httpMethod": method}
    answer = handler(event, None)
    body: str = answer["body"]
    content = base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()
    return answer["statusCode"], content, log.getvalue()


def test_an_iterator_that_cannot_be_closed_streams(tmp_path: Path) -> None:
    status, body, _ = ask(tmp_path, lambda inputs: iter([{"y": inputs["x"]}]))
    assert (status, [event["y"] for event in read_events(body)]) == (200, [0.5])


@pytest.mark.parametrize("part", [None, {}, "x", ["y"]])
def test_a_part_that_is_no_dict_of_outputs_is_the_functions_fault(tmp_path: Path, part: object) -> None:
    status, body, log = ask(tmp_path, lambda _inputs: iter([part]))
    assert status == 500
    assert json.loads(body)["error"] == "stream yielded no dict of outputs"
    assert '"exception_name":"InferenceFailed"' in log


def test_a_later_one_is_the_answer_where_nothing_has_been_sent_yet(tmp_path: Path) -> None:
    """Without a client that streams, the parts are collected first."""
    status, body, _ = ask(tmp_path, lambda inputs: iter([{"y": inputs["x"]}, {}]))
    assert status == 500
    assert json.loads(body)["error"] == "stream yielded no dict of outputs"


def test_the_other_routes_are_those_of_every_model(tmp_path: Path) -> None:
    status, body, _ = ask(tmp_path, lambda _inputs: iter([]), STREAM.rpartition("/")[0], "GET")
    assert status == 200
    assert json.loads(body)["inputs"][0]["name"] == "x"
