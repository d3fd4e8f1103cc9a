"""`pilotlight serve` with a function that streams: parts as they come, clients that leave, crashes."""

import http.client
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from support.project import Desk, new_project

from pilotlight.core.errors import ServiceError
from pilotlight.workflows.context import Context
from pilotlight.workflows.serve import ServeRequest, serve

NAME, OTHER = "adder", "other"
APP = """
import os, time
from pilotlight_runtime import model_handler

answer = model_handler(__file__)

def tell(count, end):
    try:
        for number in range(count):
            yield b"data: %d\\n\\n" % number
            time.sleep(0.01)
        if end == "crash":
            os._exit(3)
        if end == "raise":
            raise ValueError("a canary")
    finally:
        print("told", end, flush=True)

def handler(event, context):
    if not event["path"].endswith("/tell"):
        return answer(event, context)
    query = event["queryStringParameters"]
    headers = {"content-type": "text/event-stream"}
    return {"statusCode": 200, "headers": headers, "body": tell(int(query["count"]), query.get("end", ""))}
"""
TENSORS = [{"name": name, "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]} for name in "ab"]


class Running(NamedTuple):
    """host: where it listens, such as 127.0.0.1:8080."""

    host: str
    log: io.StringIO

    @contextmanager
    def ask(self, path: str, body: bytes | None = None) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("GET" if body is None else "POST", path, body)
        response = connection.getresponse()
        try:
            yield response
        finally:
            response.close()
            connection.close()


def import_streaming(desk: Desk) -> None:
    folder = desk.root / "functions" / NAME
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text('kind = "onnx"\nstream = true\n')
    (folder / "app.py").write_text("from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n")
    desk.imported(NAME)


def context(desk: Desk) -> Context:
    return Context(desk.root, {"PILOTLIGHT_STORE": str(desk.root / "the-store")})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    desk = new_project(tmp_path_factory.mktemp("project"))
    import_streaming(desk)
    desk.imported(OTHER)
    (desk.root / "functions" / NAME / "app.py").write_text(APP)
    log = io.StringIO()
    with serve(ServeRequest(port=0, log=log), context(desk)) as server:
        yield Running(server.address.removeprefix("http://"), log)


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("name", "header", "value"), [(NAME, "Transfer-Encoding", "chunked"), (OTHER, "Content-Length", "208")]
)
def test_inference_is_answered_by_a_model_that_streams_and_by_one_that_does_not(
    running: Running, name: str, header: str, value: str
) -> None:
    with running.ask(f"/v2/models/{name}/infer", json.dumps({"inputs": TENSORS}).encode()) as response:
        assert response.status == 200
        assert response.headers[header] == value
        assert json.load(response)["outputs"][0]["data"] == [2, 4, 6]


def test_the_first_part_comes_long_before_the_last(running: Running) -> None:
    began = time.monotonic()
    with running.ask(f"/v2/models/{NAME}/tell?count=100") as response:
        assert (response.status, response.headers["content-type"]) == (200, "text/event-stream")
        first = response.read1(1000)
        first_after = time.monotonic() - began
        rest = response.read()
        assert first.startswith(b"data: 0\n\n")
        assert (first + rest).count(b"data: ") == 100
        assert first_after < (time.monotonic() - began) / 4


def test_a_client_that_leaves_ends_the_work(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    with running.ask(f"/v2/models/{NAME}/tell?count=1000000&end=left") as response:
        assert response.read1(1000)
    printed: list[str] = []
    wait_for(lambda: printed.append(capfd.readouterr().out) or "told left" in "".join(printed))
    with running.ask(f"/v2/models/{NAME}/tell?count=1") as response:
        assert response.read() == b"data: 0\n\n"


@pytest.mark.parametrize(("end", "told"), [("crash", "ended with exit code 3"), ("raise", "Internal server error")])
def test_a_function_that_fails_in_the_middle_breaks_the_response_off(running: Running, end: str, told: str) -> None:
    with (
        running.ask(f"/v2/models/{NAME}/tell?count=2&end={end}") as response,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        response.read()
    assert caught.value.partial == b"data: 0\n\ndata: 1\n\n"
    wait_for(lambda: f"GET /v2/models/{NAME}/tell broke off: " in running.log.getvalue())
    assert told in running.log.getvalue()
    assert "canary" not in running.log.getvalue()
    with running.ask(f"/v2/models/{NAME}/tell?count=1") as response:
        assert response.read() == b"data: 0\n\n"


def test_a_function_that_does_not_load_is_named(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    import_streaming(desk)
    (tmp_path / "functions" / NAME / "app.py").write_text("raise ValueError('broken')")
    request = ServeRequest(port=0, log=io.StringIO())
    with pytest.raises(ServiceError, match=r"function adder: app\.py raised ValueError at import: broken"):
        serve(request, context(desk))
