"""The way of an event, from an answer of the Runtime API in memory to what is posted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pilotlight_runtime.lambda_client.connection import Answer, InvalidAnswer
from pilotlight_runtime.lambda_client.context import LambdaContext, read_function
from pilotlight_runtime.lambda_client.faults import Fault, Report
from pilotlight_runtime.lambda_client.log_output import LogOutput
from pilotlight_runtime.lambda_client.loop import answer, load_handler, run
from pilotlight_runtime.lambda_client.runtime_api import Invocation, RuntimeApi, RuntimeApiError, error_type

EVENT = {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": "r-1",
    "lambda-runtime-deadline-ms": "5000",
}


NONE = None


class Scripted:
    """A connection that answers with these in turn, and keeps what is asked."""

    host = b"host:1"

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.asked: list[bytes] = []

    def exchange(self, request: bytes) -> Answer:
        self.asked.append(request)
        return next(self._answers)


def invocation(body: bytes = b"{}", **headers: str) -> Invocation:
    return Invocation(
        Answer(200, {**EVENT, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)
    )


def answered(handler: Callable[[Any, Any], Any], status: int = 202, **headers: str) -> tuple[bytes, bytes, bytes]:
    """The first line, the headers and the body of what is posted."""
    connection = Scripted(Answer(status, {}, b"refused"))
    api = RuntimeApi(connection, "pilotlight")  # type: ignore[arg-type]
    answer(api, handler, invocation(**headers), {"function_name": "f"}, LogOutput({}, lambda _to, data: len(data)))
    head, _, body = connection.asked[0].partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    return line, rest, body


def test_a_result() -> None:
    line, headers, body = answered(lambda _event, context: {"left": context.get_remaining_time_in_millis()})
    assert line == b"POST /2018-06-01/runtime/invocation/r-1/response HTTP/1.1"
    assert headers.split(b"\r\n") == [
        b"Host: host:1",
        b"User-Agent: pilotlight",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
    ]
    assert body == b'{"left": 0}'


def test_bytes() -> None:
    _, headers, body = answered(lambda _event, _context: b"\0")
    assert b"Content-Type: application/unknown\r\n" in headers
    assert body == b"\0"


def test_the_id_of_an_attempt_is_sent_back() -> None:
    _, headers, _ = answered(lambda _event, _context: 1, lambda_runtime_invocation_id="attempt-1")
    assert b"\r\nLambda-Runtime-Invocation-Id: attempt-1\r\n" in headers


def test_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_event: Any, _context: Any) -> None:
        raise ValueError("no")

    line, headers, body = answered(handler)
    assert line == b"POST /2018-06-01/runtime/invocation/r-1/error HTTP/1.1"
    assert b"\r\nLambda-Runtime-Function-Error-Type: ValueError\r\n" in headers
    cause = json.loads(headers.partition(b"XRay-Error-Cause: ")[2].partition(b"\r\n")[0])
    assert cause["exceptions"][0]["stack"][0]["label"] == "handler"
    assert cause["paths"] == [__file__]
    document = json.loads(body)
    assert document["errorMessage"] == "no"
    assert document["stackTrace"][0].endswith('raise ValueError("no")\n')
    assert capsys.readouterr().out.startswith("[ERROR] ValueError: no\rTraceback")


@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_refusal_is_logged_and_the_loop_goes_on(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    answered(lambda _event, _context: 1, status)
    said = f"[ERROR] Runtime.RefusedResponse: the Runtime API answered a response with {status}: refused"
    assert capsys.readouterr().out.startswith(said)


def test_a_failure_of_the_runtime_api_ends_the_loop() -> None:
    with pytest.raises(RuntimeApiError, match="answered a response with 500"):
        answered(lambda _event, _context: 1, 500)


def test_an_event_without_an_id_is_not_quoted() -> None:
    api = RuntimeApi(Scripted(Answer(200, {}, b"secret")), "pilotlight")  # type: ignore[arg-type]
    with pytest.raises(InvalidAnswer, match=r"an event without Lambda-Runtime-Aws-Request-Id$"):
        api.next()


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("ValueError", b"ValueError"),
        ("Ошибка", b"\\u041e\\u0448\\u0438\\u0431\\u043a\\u0430"),
        ("A\r\nX-Evil: 1", b"A\\r\\nX-Evil: 1"),
        ("\0", b"\\x00"),
    ],
)
def test_a_class_of_any_name_is_one_header(kind: str, header: bytes) -> None:
    assert error_type(kind) == b"Lambda-Runtime-Function-Error-Type: %b\r\n" % header


def test_the_report_of_an_error_without_a_message() -> None:
    class Silent(Exception):
        """Its message fails."""

        def __str__(self) -> str:
            raise RuntimeError("never")

    assert Report(Silent()).message == "<Silent has no message: its __str__ failed>"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("handler", "Runtime.MalformedHandlerName"),
        ("sys.exit", "Runtime.BuiltInModuleConflict"),
        ("no_such_module.handler", "Runtime.ImportModuleError"),
        (f"{__name__}.missing", "Runtime.HandlerNotFound"),
        (f"{__name__}.NONE", "Runtime.HandlerNotFound"),
    ],
)
def test_a_handler_that_cannot_be_had(name: str, kind: str) -> None:
    with pytest.raises(Fault) as raised:
        load_handler(name)
    assert raised.value.kind == kind


def test_a_syntax_error_names_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong_syntax.py").write_text("def handler(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Fault, match="Syntax error in module 'wrong_syntax'") as raised:
        load_handler("wrong_syntax.handler")
    assert raised.value.kind == "Runtime.UserCodeSyntaxError"
    assert "wrong_syntax.py" in raised.value.stack[0]


def test_no_address_of_the_runtime_api() -> None:
    with pytest.raises(KeyError, match="AWS_LAMBDA_RUNTIME_API"):
        run({})


def test_a_handler_may_change_its_context() -> None:
    context = LambdaContext(
        invocation(),
        read_function({"AWS_LAMBDA_FUNCTION_NAME": "f"}),
        None,
        None,
        write=lambda _text: None,
        clock=lambda: 3.0,
    )
    context.mine = 1  # type: ignore[attr-defined]
    assert context.get_remaining_time_in_millis() == 2000
    assert context.identity.cognito_identity_id is None
    assert context.w3c() == {}
    assert repr(context).startswith("LambdaContext([aws_request_id=r-1,log_group_name=None,")
