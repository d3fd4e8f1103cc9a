"""Events and buffered responses: what the function and its caller see of each other."""

import json
import threading
from collections.abc import Callable

import pytest
from support.raw_function import CHUNKED, RawFunction

from pilotlight.local.runtime_api import CompleteResponse, ResponseHead, RuntimeApi
from pilotlight.local.runtime_api.faults import build_fault

LIMIT = 6_291_556
Connect = Callable[[], RawFunction]


def test_the_event_comes_with_all_that_lambda_tells(api: RuntimeApi, function: RawFunction) -> None:
    api.invoke(
        b'{"a": 1}',
        timeout=3.0,
        client_context='{"custom":{}}',
        cognito_identity='{"cognitoIdentityId":"i"}',
        trace_id="Root=1-a",
        extra_headers=[("Lambda-Runtime-Aws-Tenant-Id", "t")],
    )
    event = function.next()
    assert (event.status, event.body) == (200, b'{"a": 1}')
    assert event.headers == {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "request-1",
        "lambda-runtime-deadline-ms": "1700000003000",
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:1:function:f",
        "lambda-runtime-trace-id": "Root=1-a",
        "lambda-runtime-client-context": '{"custom":{}}',
        "lambda-runtime-cognito-identity": '{"cognitoIdentityId":"i"}',
        "lambda-runtime-aws-tenant-id": "t",
        "content-length": "8",
    }


def test_what_nobody_gives_is_left_out_and_a_trace_is_made(api: RuntimeApi, function: RawFunction) -> None:
    api.invoke(b"{}")
    headers = function.next().headers
    assert "lambda-runtime-client-context" not in headers
    assert "lambda-runtime-cognito-identity" not in headers
    assert headers["lambda-runtime-trace-id"].startswith("Root=1-6553f100-")


def test_events_and_responses_follow_one_another_on_one_connection(api: RuntimeApi, function: RawFunction) -> None:
    invocations = [api.invoke(b"%d" % number) for number in range(3)]
    for number, invocation in enumerate(invocations):
        event = function.next()
        assert (event.request_id, event.body) == (invocation.request_id, b"%d" % number)
        accepted = function.respond(event.request_id, b'"done"', {"Content-Type": "application/json"})
        assert (accepted.status, json.loads(accepted.body)) == (202, {"status": "OK"})
        head, body, fault = invocation.read()
        assert head is not None
        assert (head.streaming, head.content_type, body, fault) == (False, "application/json", b'"done"', None)
    assert {request.connection for request in api.requests} == {0}


def test_next_waits_for_an_event(api: RuntimeApi, function: RawFunction) -> None:
    function.send_head("GET", "/invocation/next", {})
    assert api.wait_until_initialized(10) is None
    api.invoke(b"late")
    assert function.read_answer().body == b"late"


@pytest.mark.parametrize("size", [0, 1, 65_536, LIMIT])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_buffered_response_up_to_the_limit(
    api: RuntimeApi, function: RawFunction, size: int, *, chunked: bool
) -> None:
    invocation = api.invoke(b"{}")
    body = b"x" * size
    request_id = function.next().request_id
    if chunked:
        function.send_head("POST", f"/invocation/{request_id}/response", CHUNKED)
        for start in range(0, size, 100_000):
            function.chunk(body[start : start + 100_000])
        assert function.end_stream().status == 202
    else:
        assert function.respond(request_id, body).status == 202
    assert invocation.read().body == body


@pytest.mark.parametrize("chunked", [False, True])
def test_one_byte_over_the_limit_is_refused_to_both(api: RuntimeApi, function: RawFunction, *, chunked: bool) -> None:
    invocation = api.invoke(b"{}")
    path, body = f"/invocation/{function.next().request_id}/response", b"x" * (LIMIT + 1)
    if chunked:
        function.send_head("POST", path, CHUNKED)
        function.chunk(body)
        refused = function.end_stream()
    else:
        refused = function.ask("POST", path, body)
    assert (refused.status, refused.error_type) == (413, "RequestEntityTooLarge")
    assert str(LIMIT) in refused.body.decode()
    response = invocation.read()
    assert response.fault is not None
    assert (response.head, response.body, response.fault.type) == (None, b"", "Function.ResponseSizeTooLarge")
    assert f"({LIMIT + 1} bytes)" in response.fault.body.decode()
    again = api.invoke(b"again")
    assert function.next().body == b"again"
    again.close()


def test_a_client_that_asks_before_it_sends_its_body(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    path = f"/invocation/{function.next().request_id}/response"
    function.send_head("POST", path, {"Expect": "100-continue", "Content-Length": "4"})
    assert function.connected.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    function.send(b"true")
    assert function.read_answer().status == 202
    assert invocation.read().body == b"true"


def test_an_error_reaches_the_caller_as_the_function_sent_it(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    path = f"/invocation/{function.next().request_id}/error"
    headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.Bad", "X-Cause": "c"}
    assert function.ask("POST", path, b'{"errorMessage": "no"}', headers).status == 202
    response = invocation.read()
    assert response.head is None
    assert response.fault is not None
    assert (response.fault.type, response.fault.body) == ("Runtime.Bad", b'{"errorMessage": "no"}')
    assert ("X-Cause", "c") in response.fault.headers
    assert invocation.fault == response.fault


def test_an_error_without_a_type_is_unknown(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    function.ask("POST", f"/invocation/{function.next().request_id}/error", b"{}")
    fault = invocation.read().fault
    assert fault is not None
    assert fault.type == "Runtime.Unknown"


def test_a_function_that_asks_again_before_it_responds_gets_the_same_event(api: RuntimeApi, connect: Connect) -> None:
    invocation = api.invoke(b"once")
    connect().next()
    second = connect()
    event = second.next()
    assert event.body == b"once"
    second.respond(event.request_id, b"{}")
    assert invocation.read().fault is None


def test_two_connections_that_wait_get_the_same_event_and_one_may_respond(api: RuntimeApi, connect: Connect) -> None:
    first, second = connect(), connect()
    for each in (first, second):
        each.send_head("GET", "/invocation/next", {})
    while len(api.requests) < 2:
        threading.Event().wait(0.001)
    invocation = api.invoke(b"both")
    answers = [first.read_answer(), second.read_answer()]
    assert [answer.body for answer in answers] == [b"both", b"both"]
    assert first.respond("request-1", b'"first"').status == 202
    late = second.respond("request-1", b'"second"')
    assert (late.status, late.error_type) == (400, "InvalidRequestID")
    assert invocation.read().body == b'"first"'


def test_the_deadline_ends_the_wait_of_the_caller(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}", timeout=0.05)
    function.next()
    with pytest.raises(TimeoutError, match="request-1"):
        invocation.read()
    with pytest.raises(TimeoutError, match="request-1"):
        invocation.wait_for_head()


def test_an_event_whose_caller_has_left_is_not_handed_out(api: RuntimeApi, function: RawFunction) -> None:
    with api.invoke(b"left"):
        pass
    api.invoke(b"stays")
    assert function.next().body == b"stays"


def test_a_buffered_response_to_a_caller_who_left_is_accepted(api: RuntimeApi, function: RawFunction) -> None:
    with api.invoke(b"{}"):
        request_id = function.next().request_id
    assert function.respond(request_id, b"{}").status == 202
    api.invoke(b"next")
    assert function.next().body == b"next"


def test_the_end_of_the_process_fails_what_waits_and_what_comes(api: RuntimeApi, function: RawFunction) -> None:
    running, waiting = api.invoke(b"1"), api.invoke(b"2")
    function.next()
    api.end(build_fault("Runtime.ExitError", "exit status 3"))
    for invocation in (running, waiting, api.invoke(b"3")):
        fault = invocation.read().fault
        assert fault is not None
        assert (fault.type, json.loads(fault.body)["errorMessage"]) == ("Runtime.ExitError", "exit status 3")


def test_closing_ends_every_wait() -> None:
    with RuntimeApi() as api, RawFunction(api.address) as function:
        function.send_head("GET", "/invocation/next", {})
        api.wait_until_initialized(10)
        api.close()
        assert function.is_closed()
        left = api.invoke(b"{}").read()
    assert left.fault is not None


def test_a_large_event_in_chunks() -> None:
    event = bytes(range(256)) * 4096
    with RuntimeApi(chunked_events=True) as api, RawFunction(api.address) as function:
        api.invoke(event)
        answer = function.next()
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.body == event


def test_requests_are_recorded_in_order_with_their_headers() -> None:
    seen = []
    with RuntimeApi(observe=seen.append) as api, RawFunction(api.address) as function:
        invocation = api.invoke(b"{}")
        event = function.next()
        function.respond(event.request_id, b"1", {"X-Name": "Value"})
        with RawFunction(api.address) as other:
            other.ask("POST", "/init/error", b"{}")
        assert [(each.connection, each.method, each.path.rpartition("/")[2]) for each in api.requests] == [
            (0, "GET", "next"),
            (0, "POST", "response"),
            (1, "POST", "error"),
        ]
        assert api.requests == tuple(seen)
        assert ("X-Name", "Value") in api.requests[1].headers
        assert invocation.read() == CompleteResponse(
            ResponseHead(streaming=False, content_type="", headers=api.requests[1].headers), b"1", None
        )


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\0", "a\n"])
def test_a_header_that_would_break_the_answer_is_refused(api: RuntimeApi, value: str) -> None:
    with pytest.raises(ValueError, match="Lambda-Runtime-Client-Context"):
        api.invoke(b"{}", client_context=value)
