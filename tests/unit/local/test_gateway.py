import base64
import io
import json
from typing import Any

import pytest

from pilotlight.local.context import LocalContext
from pilotlight.local.faults import FunctionDied, FunctionDown, FunctionFault, FunctionRaised, FunctionTimedOut
from pilotlight.local.functions import Function
from pilotlight.local.gateway import MAX_EVENT_BYTES, Gateway, WebResponse, read_proxy_result


def echo(event: Any, context: Any) -> Any:
    text = json.dumps({"path": event["path"], "id": context.aws_request_id, "name": context.function_name})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": text}


def gateway(model: Any = echo, log: io.StringIO | None = None) -> Gateway:
    functions = {"m": Function("m", model)}
    return Gateway(functions, Function("catalog", echo), log or io.StringIO(), new_id=lambda: "the-id")


def test_the_handler_gets_event_and_context() -> None:
    answer = gateway().answer("POST", "/v2/models/m/infer?x=1", [], b"{}")
    assert json.loads(answer.body) == {"path": "/v2/models/m/infer", "id": "the-id", "name": "m"}
    assert answer.status == 200


def test_what_belongs_to_no_model_goes_to_the_catalog() -> None:
    assert json.loads(gateway().answer("GET", "/v2/models/n", [], b"").body)["name"] == "catalog"


def test_no_route_is_the_gateways_own_404() -> None:
    answer = gateway().answer("DELETE", "/v2", [], b"")
    assert (answer.status, json.loads(answer.body)) == (
        404,
        {"error": "there is no route for this path for this method"},
    )


def test_a_handler_that_raises_is_502_and_a_traceback_in_the_log() -> None:
    def broken(_event: Any, _context: Any) -> Any:
        raise RuntimeError("secret detail")

    log = io.StringIO()
    answer = gateway(broken, log).answer("POST", "/v2/models/m/infer", [], b"{}")
    assert answer.status == 502
    assert b"secret" not in answer.body
    assert "RuntimeError: secret detail" in log.getvalue()


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 100},
        {"statusCode": 600},
        {"statusCode": 200, "headers": {"A": "x\r\nSet-Cookie: y"}},
        {"statusCode": 200, "headers": {"A\r\nB": "x"}},
        {"statusCode": 200, "multiValueHeaders": {"A": ["x\0"]}},
        {"statusCode": 200, "headers": {"A": "\u20ac"}},
        {"statusCode": 200, "body": 3},
        {"statusCode": 200, "body": "x" * (2**22 * 2)},
    ],
)
def test_what_api_gateway_could_not_pass_on_is_502(result: Any) -> None:
    assert gateway(lambda _event, _context: result).answer("POST", "/v2/models/m/infer", [], b"").status == 502


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        (FunctionDied(-11), 500, "the function's process died of SIGSEGV; it is started again"),
        (FunctionDied(-60), 500, "the function's process died of signal 60;"),
        (FunctionTimedOut(29), 504, "the function took longer than its timeout of 29 s"),
        (FunctionDown("broken", 2), 500, "the function does not start (broken); the next start is tried in 2.0 s"),
        (FunctionRaised("ValueError", "canary", "Traceback\x1b"), 502, "Internal server error"),
    ],
)
def test_why_a_function_gave_no_answer_is_told(fault: FunctionFault, status: int, told: str) -> None:
    def fail(_event: Any, _request_id: str) -> Any:
        raise fault

    log = io.StringIO()
    answer = Gateway({"m": fail}, None, log).answer("POST", "/v2/models/m/infer", [], b"{}")
    assert answer.status == status
    assert json.loads(answer.body)["error"].startswith(told)
    assert b"canary" not in answer.body
    assert log.getvalue() == fault.details.replace("\x1b", "\\x1b")


def test_without_a_catalog_there_are_routes_to_models_alone() -> None:
    alone = Gateway({"m": Function("m", echo)}, None, io.StringIO())
    assert alone.answer("GET", "/v2", [], b"").status == 404
    assert alone.answer("GET", "/v2/models/m", [], b"").status == 200


def test_what_is_refused_without_its_body() -> None:
    assert gateway().refuse("POST", "/v2/models/m/infer", 100) is None
    for method, path, size, status in (
        ("POST", "/v2/models/m/infer", MAX_EVENT_BYTES, 413),
        ("DELETE", "/v2", 0, 404),
        ("BREW", "/v2/models/m/infer", 0, 404),
    ):
        refused = gateway().refuse(method, path, size)
        assert refused is not None
        assert refused.status == status


def test_an_event_over_lambdas_limit_never_reaches_the_function() -> None:
    def unreachable(_event: Any, _context: Any) -> Any:
        pytest.fail("the function saw it")

    body = b"x" * (MAX_EVENT_BYTES * 3 // 4)
    assert gateway(unreachable).answer("POST", "/v2/models/m/infer", [], body).status == 413


def test_base64_answers_become_their_bytes() -> None:
    raw = bytes(range(256))
    result = {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(raw).decode()}
    assert read_proxy_result(result) == WebResponse(200, [], raw)


def test_answers_that_are_not_base64_though_they_say_so_are_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        read_proxy_result({"statusCode": 200, "isBase64Encoded": True, "body": "not base64!"})


def test_multi_value_headers_win_over_single_ones() -> None:
    found = read_proxy_result(
        {"statusCode": 204, "headers": {"A": "1", "b": "2"}, "multiValueHeaders": {"B": ["3", "4"]}, "body": None}
    )
    assert found == WebResponse(204, [("A", "1"), ("B", "3"), ("B", "4")], b"")


def test_the_deadline_counts_down_and_stops_at_zero() -> None:
    readings = iter([0.0, 10.0, 100.0])
    context = LocalContext("m", "id", clock=lambda: next(readings))
    assert context.get_remaining_time_in_millis() == 19_000
    assert context.get_remaining_time_in_millis() == 0
