"""The client from its start to its end, on a socket in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import snapshot_restore_py

from pilotlight_runtime.lambda_client.loop import after_response, run

pytestmark = pytest.mark.usefixtures("root_logger", "no_hooks")

APP = """
import os
def handler(event, context):
    if event == "fail":
        raise ValueError("no")
    if event == "stream":
        return failing()
    return os.environ.get("_X_AMZN_TRACE_ID"), context.tenant_id, context.w3c()

def failing():
    yield b"x"
    raise ValueError("no")
"""
ID = "Lambda-Runtime-Aws-Request-Id: r-1"


class RuntimeApiInMemory:
    """The other side of every connection: it says the next of these at each request, and then the end."""

    def __init__(self, *sayings: bytes) -> None:
        self._sayings = iter(sayings)
        self._said = b""
        self.opened = 0
        self.asked: list[bytes] = []

    def connect(self, peer: tuple[str, int]) -> Any:
        assert peer == ("127.0.0.1", 9001)
        self.opened += 1
        return self

    def sendall(self, data: bytes) -> None:
        if data.startswith((b"GET", b"POST")):
            self.asked.append(data)
            self._said = next(self._sayings, b"")
        else:
            self.asked[-1] += data

    def recv(self, size: int, flags: int = 0) -> bytes:
        if flags:
            raise BlockingIOError
        piece, self._said = self._said[:size], self._said[size:]
        return piece

    def close(self) -> None: ...


@pytest.fixture
def no_hooks() -> Iterator[None]:
    """Hooks around a snapshot are those of one test."""
    kept = {name: [*getattr(snapshot_restore_py, name)()] for name in ("get_before_snapshot", "get_after_restore")}
    for name in kept:
        getattr(snapshot_restore_py, name)().clear()
    yield
    for name, hooks in kept.items():
        getattr(snapshot_restore_py, name)()[:] = hooks


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} R", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def event(body: bytes, *headers: str) -> bytes:
    return answer(200, body, "Content-Type: application/json", ID, *headers)


def ended(api: RuntimeApiInMemory, environ: Mapping[str, str]) -> Any:
    with pytest.raises(SystemExit) as raised:
        run({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **environ}, api.connect)
    return raised.value.code


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The handler's name. Its module is a new one for each test."""
    name = f"app_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(APP)
    monkeypatch.syspath_prepend(tmp_path)
    return f"{name}.handler"


def test_events_are_answered_until_the_runtime_api_fails(handler: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = '{"custom": 1, "w3c": {"traceparent": "t", "tracestate": 1}}'
    headers = (
        "Lambda-Runtime-Trace-Id: Root=1",
        "Lambda-Runtime-Aws-Tenant-Id: blue",
        f"Lambda-Runtime-Client-Context: {told}",
    )
    api = RuntimeApiInMemory(event(b"1", *headers), answer(202), event(b'"fail"'), answer(202), answer(500, b"over"))
    environ = {"_HANDLER": handler}
    assert ended(api, environ) == 1
    lines = [request.split(b" HTTP", 1)[0] for request in api.asked]
    next_event = b"GET /2018-06-01/runtime/invocation/next"
    response, error = (b"POST /2018-06-01/runtime/invocation/r-1/%b" % path for path in (b"response", b"error"))
    assert lines == [next_event, response, next_event, error, next_event]
    assert api.asked[1].endswith(b'\r\n\r\n[null, "blue", {"traceparent": "t"}]')
    assert b'"errorMessage": "no"' in api.asked[3]
    assert api.opened == 1
    printed = capsys.readouterr().out
    assert printed.startswith("[ERROR] ValueError: no\r")
    assert "Runtime.RuntimeApiError: the Runtime API answered next with 500: over\r" in printed


@pytest.mark.parametrize("header", ["Lambda-Runtime-Client-Context: {", "Lambda-Runtime-Cognito-Identity: x"])
def test_a_context_that_is_no_json_is_the_events_error(header: str, handler: str) -> None:
    api = RuntimeApiInMemory(event(b"1", header), answer(202))
    assert ended(api, {"_HANDLER": handler}) == 1
    assert b"Lambda-Runtime-Function-Error-Type: Runtime.LambdaContextUnmarshalError\r\n" in api.asked[1]


def test_a_stream_that_breaks_off_is_logged(handler: str, capsys: pytest.CaptureFixture[str]) -> None:
    api = RuntimeApiInMemory(event(b'"stream"'), answer(202))
    assert ended(api, {"_HANDLER": handler}) == 1
    assert b"Lambda-Runtime-Function-Response-Mode: streaming\r\n" in api.asked[1]
    assert b"Lambda-Runtime-Function-Error-Type: ValueError\r\n" in api.asked[1]
    assert capsys.readouterr().out.startswith("[ERROR] ValueError: no\r")


def test_a_failed_start_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    api = RuntimeApiInMemory(answer(202))
    assert ended(api, {"_HANDLER": "no_such_module.handler"}) == 1
    assert api.asked[0].startswith(b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\n")
    assert b"\r\nLambda-Runtime-Function-Error-Type: Runtime.ImportModuleError\r\n" in api.asked[0]
    assert capsys.readouterr().out.startswith("[ERROR] Runtime.ImportModuleError: Unable to import module")


SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


def test_hooks_around_a_snapshot(handler: str) -> None:
    called: list[object] = []
    snapshot_restore_py.register_before_snapshot(called.append, "before 1")
    snapshot_restore_py.register_before_snapshot(lambda **named: called.append(named), key="before 2")
    snapshot_restore_py.register_after_restore(called.append, "after 1")
    snapshot_restore_py.register_after_restore(called.append, "after 2")
    api = RuntimeApiInMemory(answer(200), event(b"1"), answer(202), answer(500))
    assert ended(api, {"_HANDLER": handler, **SNAP_START}) == 1
    assert called == [{"key": "before 2"}, "before 1", "after 1", "after 2"]
    assert api.asked[0].startswith(b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\n")
    assert api.opened == 2, "the connection of the snapshot is not kept"


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=lambda error: type(error).__name__
)
@pytest.mark.parametrize(
    ("when", "path", "kind", "code"),
    [
        ("before_snapshot", b"init/error", b"Runtime.BeforeSnapshotError", 64),
        ("after_restore", b"restore/error", b"Runtime.AfterRestoreError", 65),
    ],
)
def test_a_hook_that_fails(error: BaseException, when: str, path: bytes, kind: bytes, code: int, handler: str) -> None:
    def hook() -> None:
        raise error

    getattr(snapshot_restore_py, f"register_{when}")(hook)
    api = RuntimeApiInMemory(*([answer(200)] if code == 65 else []), answer(202))
    assert ended(api, {"_HANDLER": handler, **SNAP_START}) == code
    assert api.asked[-1].startswith(b"POST /2018-06-01/runtime/%b HTTP/1.1\r\n" % path)
    assert b"\r\nLambda-Runtime-Function-Error-Type: %b\r\n" % kind in api.asked[-1]
    assert f'"errorType": "{type(error).__name__}"'.encode() in api.asked[-1]


def test_a_snapshot_that_the_runtime_api_refuses(handler: str) -> None:
    api = RuntimeApiInMemory(answer(403, b"no"), answer(202))
    assert ended(api, {"_HANDLER": handler, **SNAP_START}) == 64
    assert b"the Runtime API answered restore/next with 403: no" in api.asked[-1]


def test_logging_is_set_up(handler: str, root_logger: logging.Logger) -> None:
    ended(RuntimeApiInMemory(answer(500)), {"_HANDLER": handler, "AWS_LAMBDA_LOG_LEVEL": "ERROR"})
    assert root_logger.level == logging.ERROR


def test_work_is_done_after_a_response_until_it_says_that_it_is_done(handler: str) -> None:
    deadlines: list[int] = []

    def work(deadline_ms: int) -> bool:
        deadlines.append(deadline_ms)
        return len(deadlines) == 2

    def at(deadline: int) -> bytes:
        return event(b"1", f"Lambda-Runtime-Deadline-Ms: {deadline}")

    api = RuntimeApiInMemory(at(1000), answer(202), at(2000), answer(202), at(3000), answer(202))
    after_response.append(work)
    try:
        assert ended(api, {"_HANDLER": handler}) == 1
    finally:
        left = [*after_response]
        after_response.clear()
    assert (deadlines, left) == ([1000, 2000], [])


def test_an_event_that_comes_again_after_a_refusal_ends_the_client(
    handler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The handler is not called again: a Runtime API may go on so until the function's time-out."""
    api = RuntimeApiInMemory(event(b"1"), answer(400, b"no"), event(b"1"), answer(202))
    assert ended(api, {"_HANDLER": handler}) == 1
    assert [request.split(b" ", 1)[0] for request in api.asked] == [b"GET", b"POST", b"GET"]
    assert "hands out an event again whose response it has refused" in capsys.readouterr().out
