"""Streamed responses: parts as they come, errors in trailers, callers who leave, connections that break."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest
from support.raw_function import RawFunction, error_trailers

from pilotlight.local.runtime_api import Invocation, RuntimeApi

Connect = Callable[[], RawFunction]
PRELUDE = {"Content-Type": "application/vnd.awslambda.http-integration-response"}


@pytest.fixture
def invocation(api: RuntimeApi, function: RawFunction) -> Invocation:
    """An invocation whose response `function` has begun to stream."""
    started = api.invoke(b"{}")
    function.begin_stream(function.next().request_id, PRELUDE)
    return started


def reset(function: RawFunction) -> None:
    """Ends the connection as the kernel ends that of a process that was killed with unread data."""
    function.connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    function.close()


def write_until_it_fails(function: RawFunction) -> int:
    """The chunks that the connection still took."""
    for number in range(1000):
        try:
            function.chunk(b"more")
        except OSError:
            return number
    raise AssertionError("every write succeeded")


def test_each_part_arrives_before_the_next_is_made(invocation: Invocation, function: RawFunction) -> None:
    head = invocation.wait_for_head()
    assert head is not None
    assert (head.streaming, head.content_type) == (True, "application/vnd.awslambda.http-integration-response")
    parts = iter(invocation)
    for number in range(5):
        function.chunk(b"part %d" % number)
        assert next(parts) == b"part %d" % number
    assert function.end_stream().status == 202
    assert next(parts, None) is None
    assert invocation.fault is None


def test_a_part_that_comes_in_pieces_is_passed_on_in_pieces(invocation: Invocation, function: RawFunction) -> None:
    parts = iter(invocation)
    function.send(b"6\r\nabc")
    assert next(parts) == b"abc"
    function.send(b"def\r\n0\r\n\r\n")
    assert b"".join(parts) == b"def"


def test_trailers_report_an_error_after_the_body(invocation: Invocation, function: RawFunction) -> None:
    function.chunk(b"half")
    assert function.end_stream(error_trailers("Function.Broken", {"errorMessage": "ö"})).status == 202
    response = invocation.read()
    assert response.body == b"half"
    assert response.fault is not None
    assert (response.fault.type, json.loads(response.fault.body)) == ("Function.Broken", {"errorMessage": "ö"})


@pytest.mark.parametrize(
    ("trailers", "body"),
    [
        (
            {"Lambda-Runtime-Function-Error-Type": "T", "Lambda-Runtime-Function-Error-Body": "no base64!"},
            b"no base64!",
        ),
        ({"Lambda-Runtime-Function-Error-Type": "T"}, b""),
        ({"lambda-runtime-function-error-type": "T", "X-Other": "1"}, b""),
    ],
)
def test_trailers_that_are_not_whole(
    invocation: Invocation, function: RawFunction, trailers: dict[str, str], body: bytes
) -> None:
    function.end_stream(trailers)
    fault = invocation.read().fault
    assert fault is not None
    assert (fault.type, fault.body) == ("T", body)


def test_other_trailers_are_no_error(invocation: Invocation, function: RawFunction) -> None:
    function.end_stream({"X-Checksum": "1"})
    assert invocation.read().fault is None


def test_the_caller_leaves_and_the_next_write_fails(
    api: RuntimeApi, connect: Connect, invocation: Invocation, function: RawFunction
) -> None:
    function.chunk(b"first")
    with invocation:
        assert next(iter(invocation)) == b"first"
    wait_until_reset(function)
    assert write_until_it_fails(function) == 0
    api.invoke(b"next")
    assert connect().next().body == b"next"


def test_the_caller_leaves_while_the_function_waits_for_it(invocation: Invocation, function: RawFunction) -> None:
    writing = threading.Thread(target=write_a_lot, args=(function,))
    writing.start()
    assert next(iter(invocation))
    invocation.close()
    writing.join(10)
    assert not writing.is_alive()


def test_the_caller_leaves_before_the_stream_begins(api: RuntimeApi, connect: Connect, function: RawFunction) -> None:
    with api.invoke(b"{}"):
        request_id = function.next().request_id
    function.begin_stream(request_id)
    wait_until_reset(function)
    api.invoke(b"next")
    assert connect().next().body == b"next"


def test_a_function_that_is_ahead_waits_for_its_caller(invocation: Invocation, function: RawFunction) -> None:
    function.connected.settimeout(0.3)
    with pytest.raises(TimeoutError):
        write_a_lot(function, 50)
    function.connected.settimeout(10)
    assert next(iter(invocation)).strip(b"x") == b""


def test_a_caller_reads_what_came_before_the_connection_broke(
    api: RuntimeApi, connect: Connect, invocation: Invocation, function: RawFunction
) -> None:
    function.chunk(b"half")
    assert next(iter(invocation)) == b"half"
    reset(function)
    fault = invocation.read().fault
    assert fault is not None
    assert fault.type == "Runtime.TruncatedResponse"
    api.invoke(b"next")
    assert connect().next().body == b"next"


@pytest.mark.parametrize(
    "rest", [b"5\r\nabc\r\n", b"2\r\nabc\r\n", b"x\r\n", b"-1\r\n", b"\r\n", b"1" * 2000, b"ffffffffffffffff1\r\n"]
)
def test_chunks_that_lie_end_the_response(
    api: RuntimeApi, connect: Connect, invocation: Invocation, function: RawFunction, rest: bytes
) -> None:
    function.chunk(b"good")
    function.send(rest)
    function.connected.shutdown(socket.SHUT_WR)
    refused = function.read_answer()
    assert (refused.status, refused.error_type) == (400, "TruncatedHTTPRequest")
    assert function.is_closed()
    response = invocation.read()
    assert response.body.startswith(b"good")
    assert response.fault is not None
    assert response.fault.type == "Runtime.TruncatedResponse"
    api.invoke(b"next")
    assert connect().next().body == b"next"


def test_no_next_event_and_no_second_response_in_the_middle_of_a_stream(
    connect: Connect, invocation: Invocation, function: RawFunction
) -> None:
    function.chunk(b"first")
    assert next(iter(invocation)) == b"first"
    other = connect()
    for refused in (other.next(), other.respond(invocation.request_id, b"{}")):
        assert (refused.status, refused.error_type) == (403, "InvalidStateTransition")
    function.end_stream()
    assert invocation.read().fault is None


def test_an_error_in_the_middle_of_a_stream_belongs_into_its_trailers(
    connect: Connect, invocation: Invocation, function: RawFunction
) -> None:
    function.chunk(b"first")
    assert next(iter(invocation)) == b"first"
    assert connect().ask("POST", f"/invocation/{invocation.request_id}/error", b"{}").status == 403
    function.end_stream()
    assert invocation.read().fault is None


def test_an_unknown_mode_is_refused_to_both(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    mode = {"Lambda-Runtime-Function-Response-Mode": "trickling"}
    refused = function.respond(function.next().request_id, b"{}", mode)
    assert (refused.status, refused.error_type) == (400, "InvalidFunctionResponseMode")
    fault = invocation.read().fault
    assert fault is not None
    assert fault.type == "Runtime.InvalidResponseModeHeader"


def test_a_stream_may_be_larger_than_a_buffered_response(invocation: Invocation, function: RawFunction) -> None:
    part = b"x" * 1_000_000
    writing = threading.Thread(target=lambda: [function.chunk(part) for _ in range(8)])
    writing.start()
    size = 0
    for received in invocation:
        size += len(received)
        if size == 8_000_000:
            writing.join()
            function.send(b"0\r\n\r\n")
    assert (size, invocation.fault) == (8_000_000, None)


def test_a_stream_ends_at_its_limit(invocation: Invocation, function: RawFunction) -> None:
    writing = threading.Thread(target=write_a_lot, args=(function, 210))
    writing.start()
    size = sum(map(len, invocation))
    writing.join(10)
    assert not writing.is_alive()
    assert 200 * 2**20 - 65_536 <= size <= 200 * 2**20
    assert invocation.fault is not None
    assert invocation.fault.type == "Function.ResponseSizeTooLarge"


def write_a_lot(function: RawFunction, mebibytes: int = 16) -> None:
    """Writes until the connection is reset."""
    try:
        for _ in range(mebibytes):
            function.chunk(b"x" * 2**20)
    except ConnectionError:
        return
    raise AssertionError("every write succeeded")


def wait_until_reset(function: RawFunction) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            if function.connected.recv(1) == b"":
                raise AssertionError("the connection was closed, and not reset")
        except ConnectionResetError:
            return
    raise AssertionError("the connection stays open")
