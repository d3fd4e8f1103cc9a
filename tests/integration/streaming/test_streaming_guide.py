"""docs/streaming.md: its app.py streams, behind `pilotlight serve`, and its request gets the events that it shows."""

import http.client
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.onnx_models import identity_model
from support.project import Desk, new_project
from support.streaming_function import read_events

from pilotlight.workflows.context import Context
from pilotlight.workflows.serve import ServeRequest, serve

NAME = "words"


@pytest.fixture(scope="module")
def guide(request: pytest.FixtureRequest) -> str:
    page: Path = request.config.rootpath / "docs" / "streaming.md"
    return page.read_text()


def block(guide: str, language: str) -> str:
    """The first block of code in a language."""
    return guide.split(f"```{language}\n")[1].split("```", maxsplit=1)[0]


@pytest.fixture(scope="module")
def address(guide: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the guide's function answers."""
    desk: Desk = new_project(tmp_path_factory.mktemp("project"))
    folder = desk.root / "functions" / NAME
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(block(guide, "toml"))
    (folder / "app.py").write_text(block(guide, "python"))
    desk.imported(NAME, identity_model("BYTES", (-1,)))
    context = Context(desk.root, {"PILOTLIGHT_STORE": str(desk.root / "the-store")})
    with serve(ServeRequest(port=0, log=io.StringIO()), context) as server:
        yield server.address.removeprefix("http://")


def post(address: str, path: str, body: str) -> tuple[http.client.HTTPResponse, bytes]:
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        connection.request("POST", path.replace("MODEL", NAME), body)
        response = connection.getresponse()
        return response, response.read()


def test_its_request_gets_the_events_that_it_shows(guide: str, address: str) -> None:
    asked = re.search(r"-d '(.*)' http://127\.0\.0\.1:8080(\S+)", guide)
    assert asked is not None
    response, body = post(address, asked[2], asked[1])
    assert response.status == 200
    assert response.headers["Transfer-Encoding"] == "chunked"
    events = read_events(body)
    shown = read_events(re.findall(r"```\n(data: [\s\S]*?)```", guide)[0].encode())
    assert [event["y"] for event in events] == [event["y"] for event in shown] == ["one", "two"]
    assert [list(event) for event in events] == [list(event) for event in shown]
    assert {event["model_name"] for event in events} == {NAME}


def test_generate_answers_the_same_whole(address: str) -> None:
    response, body = post(address, "/v2/models/MODEL/generate", '{"x": "one two"}')
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["y"] == "one two"
