"""Every route of every kind of function, by the runtime's own tables, with Service=on and a canary in every place.

See test_tensor_function. This is the whole table: form of the request, by route, by end of the request. AWS's doors
take turns.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY, Canary
from support.leaks import look, status_of
from support.private_requests import as_bodies, everywhere_but_in_the_body, rest
from support.private_routes import (
    ABORT,
    CATALOG,
    FAIL,
    KINDS,
    TENSOR,
    USAGE,
    WAIT,
    WRITER,
    Asked,
    list_routes,
    package_kind,
    through_door,
)
from support.tenants import TENANT, SqliteTable, make_item, new_key
from support.watched_function import WatchedFunction, watching

from pilotlight_runtime.metering.keys import ID_LENGTH, SECRET_LENGTH
from pilotlight_runtime.protocol import routes
from pilotlight_runtime.protocol.openai import routes as openai

pytestmark = pytest.mark.integration

KEY = new_key()
_SECRET = len("plk_live_") + ID_LENGTH
ISSUED = Canary(KEY[_SECRET : _SECRET + SECRET_LENGTH], CANARY.number)
"""The secret part of a key that holds."""
ONCE = "too large"
"""What is too large takes long to send, so that one route gets it."""
STREAMED = {"stream": True}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    found = SqliteTable(tmp_path / "tenants.sqlite")
    found.put(TENANT, make_item({KEY: {}}, day_limit=10**9))
    yield found
    found.close()


@pytest.fixture
def function(tmp_path: Path, table: SqliteTable, kind: str) -> Iterator[WatchedFunction]:
    package_kind(tmp_path, kind)
    with watching(tmp_path, **table.environ) as found:
        yield found


def with_key(event: Any) -> Any:
    """The event with a key, where it has headers and none yet."""
    if not isinstance(event.get("headers"), dict):
        return event
    taken = {name.lower() for name in event["headers"]} & {"x-api-key", "authorization"}
    return event if taken else {**event, "headers": {**event["headers"], "x-api-key": KEY}}


def requests_to(asked: Asked, *, first: bool) -> Iterator[Any]:
    """A right request, and those with the canary wherever a caller can write. first: those to other paths too."""
    yield rest(asked.path, None if asked.method == "GET" else asked.document, method=asked.method)
    for said, event in as_bodies(CANARY, asked.path, asked.document or {"note": CANARY.text}):
        if said == ONCE and asked.operation != routes.INFER:
            continue
        if asked.document or said == "text":  # a route that takes no body does not read it
            yield event
    for said, event in everywhere_but_in_the_body(CANARY, asked.path, asked.document):
        if first or not said.startswith("path ") or event["path"].startswith(asked.path):
            yield event


@pytest.mark.parametrize("kind", KINDS)
def test_no_route_leaves_anything_of_a_request_or_a_key(function: WatchedFunction, kind: str) -> None:
    statuses: set[int] = set()
    for turn, asked in enumerate(list_routes(kind)):
        for number, event in enumerate(requests_to(asked, first=not turn), start=turn):
            answer = function.call(through_door(with_key(event), number))
            assert answer is not None, asked
            statuses.add(status_of(answer.body) if answer.fault is None else 0)
            assert answer.fault is None or not CANARY.find(answer.fault.body), asked
        look(function, f"{kind}: {asked.method} {asked.path}", ISSUED)
    assert {200, 400, 401, 404, 405} <= statuses
    assert not statuses & {500, 502, 503}
    answered = {line["operation"] for line in lines(function) if line["status"] < 300}
    assert OPERATIONS[kind] <= answered


OF_ALL = {routes.SERVER, routes.LIVE, routes.READY, USAGE}
OF_A_MODEL = OF_ALL | {routes.METADATA, routes.MODEL_READY, routes.STATUS, routes.INFER, routes.PREDICT}
OF_LANGUAGE = (OF_A_MODEL | {openai.MODELS, openai.MODEL}) - {routes.STATUS}
OPERATIONS = {
    TENSOR: OF_A_MODEL | {routes.GENERATE, routes.GENERATE_STREAM},
    WRITER: OF_LANGUAGE | {routes.GENERATE, routes.GENERATE_STREAM, openai.CHAT, openai.COMPLETION},
    "embed": OF_LANGUAGE | {openai.EMBEDDING},
    "rerank": OF_LANGUAGE | {openai.RERANK},
    "classify": OF_LANGUAGE,
    "tag": OF_LANGUAGE,
    CATALOG: OF_ALL | {routes.INDEX, openai.MODELS},
}
"""What each kind of function answers with 200, so that a request that never reaches a model is noticed."""


def lines(function: WatchedFunction) -> list[dict[str, Any]]:
    """The log's lines of requests."""
    found = [json.loads(line) for line in function.log.splitlines() if line.startswith(b"{")]
    return [line for line in found if line.get("message") == "request"]


def test_every_operation_has_a_route_here() -> None:
    """A constant of the tables that no route has is a route that nobody asks."""
    declared = {
        value
        for module in (routes, openai)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert declared == {asked.operation for asked in list_routes(TENSOR)} - {USAGE}


RUNNING = {
    TENSOR: (routes.INFER, routes.PREDICT, routes.GENERATE, routes.GENERATE_STREAM),
    WRITER: (
        *(routes.INFER, routes.PREDICT, routes.GENERATE, routes.GENERATE_STREAM),
        *(openai.CHAT, openai.COMPLETION),
    ),
    "embed": (routes.INFER, routes.PREDICT, openai.EMBEDDING),
    "rerank": (routes.INFER, routes.PREDICT, openai.RERANK),
    "classify": (routes.INFER, routes.PREDICT),
    "tag": (routes.INFER, routes.PREDICT),
}
"""The operations that run a model."""
ENDS = [(kind, operation) for kind, operations in RUNNING.items() for operation in operations]


def asks(kind: str, operation: str, said: str) -> list[Any]:
    """Requests to the routes of an operation, streamed ones too, with a key."""
    found = []
    for asked in list_routes(kind, f"{said} {CANARY.text}"):
        if asked.operation == operation and "versions" not in asked.path:
            assert asked.document is not None
            found.append(rest(asked.path, asked.document, method=asked.method))
            if operation in (openai.CHAT, openai.COMPLETION):
                found.append(rest(asked.path, {**asked.document, **STREAMED}, method=asked.method))
    return [with_key(event) for event in found]


@pytest.mark.parametrize("kind", RUNNING)
def test_no_model_that_fails_leaves_anything_of_a_request(function: WatchedFunction, kind: str) -> None:
    for operation in RUNNING[kind]:
        for event in asks(kind, operation, FAIL):
            for number in range(3):
                answer = function.call(through_door(event, number))
                assert answer is not None
                assert status_of(answer.body) == 500 or operation == routes.GENERATE_STREAM
        look(function, f"{kind}: {operation} fails", ISSUED)
    assert b'"level":"ERROR"' in function.log


@pytest.mark.parametrize(("kind", "operation"), ENDS)
def test_no_time_out_leaves_anything_of_a_request(function: WatchedFunction, kind: str, operation: str) -> None:
    # A stream ends a second before the function's time is over, if it can.
    seconds = 1.5 if operation == routes.GENERATE_STREAM else 0.5
    assert function.call(asks(kind, operation, WAIT)[-1], timeout=seconds) is None
    look(function, f"{kind}: {operation} runs out of time", ISSUED)


@pytest.mark.parametrize(("kind", "operation"), ENDS)
def test_no_crash_leaves_anything_of_a_request(function: WatchedFunction, kind: str, operation: str) -> None:
    with function.api.invoke(json.dumps(asks(kind, operation, ABORT)[-1]).encode()):
        function.process.wait(20)
    assert function.process.returncode != 0
    look(function, f"{kind}: {operation} crashes", ISSUED)
