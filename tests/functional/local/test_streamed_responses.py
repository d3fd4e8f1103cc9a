"""Responses that stream, over HTTP: chunks, old clients, clients that leave, functions that fail in the middle."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pilotlight.core.errors import ServiceError
from pilotlight.local.connection import Limits
from pilotlight.local.endpoint import GatewayEndpoint
from pilotlight.local.faults import FunctionDied, FunctionRaised
from pilotlight.local.gateway import Gateway, StreamedResponse
from pilotlight.local.server import LocalServer, serve_in_background
from pilotlight.local.streamed_body import StreamedBody

HEAD = {"statusCode": 200, "headers": {"Content-Type": "text/event-stream", "X-Name": "value"}}
POST = b"POST /v2/models/m/infer HTTP/1.1\r\nHost: l\r\nContent-Length: 0\r\n\r\n"


class Streaming:
    """A function whose response streams these parts. `released` counts the bodies that have ended."""

    def __init__(self, *parts: bytes | Exception, head: Any = None) -> None:
        self.released = threading.Semaphore(0)
        self.go = threading.Event()
        self.go.set()
        self._parts = parts
        self._head = HEAD if head is None else head

    def __call__(self, _event: Any, _request_id: str) -> Any:
        return {**self._head, "body": StreamedBody(self._make(), self.released.release)}

    def _make(self) -> Iterator[bytes]:
        for part in self._parts:
            self.go.wait(10)
            if isinstance(part, Exception):
                raise part
            yield part


class Endless(Streaming):
    def _make(self) -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000


@contextmanager
def served(function: Streaming, limits: Limits = Limits()) -> Iterator[tuple[Callable[[], socket.socket], io.StringIO]]:  # noqa: B008  (a value)
    """What connects to a server of this function, and the server's log."""
    log = io.StringIO()
    with LocalServer(Gateway({"m": function}, None, log), 0, log, limits=limits) as server, serve_in_background(server):
        yield lambda: socket.create_connection(server.server_address[:2], 10), log


def receive_all(client: socket.socket) -> bytes:
    received = b""
    while part := client.recv(65_536):
        received += part
    return received


def test_each_part_is_a_chunk_and_the_connection_goes_on() -> None:
    function = Streaming(b"one", b"two" * 10_000)
    with served(function) as (connect, log), connect() as client:
        client.sendall(POST + POST.replace(b"Host: l", b"Host: l\r\nConnection: close"))
        answers = receive_all(client).split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert len(answers) == 2
        for answer in answers:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"Transfer-Encoding: chunked" in head
            assert b"X-Name: value" in head
            assert b"Content-Length" not in head
            assert body == b"3\r\none\r\n7530\r\n" + b"two" * 10_000 + b"\r\n0\r\n\r\n"
        assert function.released.acquire(timeout=10)
        assert log.getvalue().count("POST /v2/models/m/infer 200 ") == 2


def test_a_part_arrives_before_the_next_is_made() -> None:
    function = Streaming(b"first", b"second")
    with served(function) as (connect, _), connect() as client:
        function.go.clear()
        client.sendall(POST)
        received = client.recv(65_536)
        assert received.endswith(b"\r\n\r\n")  # the head comes before the first part
        function.go.set()
        while not received.endswith(b"0\r\n\r\n"):
            received += client.recv(65_536)


def test_a_client_of_http_1_0_gets_the_bytes_until_the_connection_ends() -> None:
    function = Streaming(b"one", b"two")
    with served(function) as (connect, _), connect() as client:
        client.sendall(b"GET /v2/models/m/ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head, _, body = receive_all(client).partition(b"\r\n\r\n")
        assert body == b"onetwo"
        assert b"Transfer-Encoding" not in head
        assert b"Connection: close" in head


def test_head_has_no_body() -> None:
    function = Streaming(b"one")
    with served(function) as (connect, _), connect() as client:
        client.sendall(b"HEAD /v2/models/m/ready HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
        assert receive_all(client).endswith(b"\r\n\r\n")
        assert function.released.acquire(timeout=10)


def test_a_status_without_a_body_sends_none() -> None:
    function = Streaming(b"one", head={"statusCode": 204})
    with served(function) as (connect, _), connect() as client:
        client.sendall(POST.replace(b"Host: l", b"Host: l\r\nConnection: close"))
        received = receive_all(client)
        assert received.startswith(b"HTTP/1.1 204 ")
        assert received.endswith(b"\r\n\r\n")
        assert b"Transfer-Encoding" not in received
        assert function.released.acquire(timeout=10)


@pytest.mark.parametrize(
    ("fault", "told"),
    [(FunctionRaised("E", "canary", "details\n"), "Internal server error"), (FunctionDied(3), "exit code 3")],
)
def test_a_response_that_breaks_off_has_no_last_chunk(fault: Exception, told: str) -> None:
    function = Streaming(b"half", fault)
    with served(function) as (connect, log), connect() as client:
        client.sendall(POST)
        received = receive_all(client)
        assert received.endswith(b"\r\n\r\n4\r\nhalf\r\n")
        assert function.released.acquire(timeout=10)
        line = next(line for line in log.getvalue().splitlines() if "broke off" in line)
        assert line.startswith("POST /v2/models/m/infer broke off: ")
        assert told in line
        assert ("details" in log.getvalue()) == (told == "Internal server error")
        assert "canary" not in log.getvalue()


def test_a_client_of_http_1_0_sees_that_a_response_broke_off() -> None:
    function = Streaming(b"half", FunctionDied(3))
    with served(function) as (connect, _), connect() as client:
        client.sendall(b"GET /v2/models/m/ready HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            receive_all(client)


def test_a_client_that_leaves_ends_the_body() -> None:
    function = Endless()
    with served(function) as (connect, log):
        with connect() as client:
            client.sendall(POST)
            client.recv(1000)
        assert function.released.acquire(timeout=10)
        wait_for(lambda: "ended by the client" in log.getvalue())


def test_a_client_that_takes_nothing_ends_the_body() -> None:
    function = Endless()
    with served(function, Limits(answer=0.2)) as (connect, _), connect() as client:
        client.sendall(POST)
        assert function.released.acquire(timeout=10)


@pytest.mark.parametrize(
    "head", [{}, {"statusCode": "200"}, {"statusCode": 99}, {"statusCode": 200, "headers": {"a b": "c"}}]
)
def test_a_head_that_api_gateway_does_not_take_is_502_and_closes_the_body(head: Any) -> None:
    function = Streaming(b"one", head=head)
    with served(function) as (connect, _), connect() as client:
        client.sendall(POST.replace(b"Host: l", b"Host: l\r\nConnection: close"))
        assert receive_all(client).startswith(b"HTTP/1.1 502 ")
        assert function.released.acquire(timeout=10)


def test_without_a_socket_the_body_is_read_to_its_end() -> None:
    response = GatewayEndpoint(Gateway({"m": Streaming(b"one", b"two")}, None, io.StringIO())).send(
        "POST", "/v2/models/m/infer", {}, b""
    )
    assert (response.status, response.body) == (200, b"onetwo")


def test_without_a_socket_a_failure_in_the_middle_is_an_error() -> None:
    endpoint = GatewayEndpoint(Gateway({"m": Streaming(b"one", FunctionDied(3))}, None, io.StringIO()))
    with pytest.raises(ServiceError, match=r"in the middle of its response: .*exit code 3"):
        endpoint.send("POST", "/v2/models/m/infer", {}, b"")


def test_a_body_is_released_once() -> None:
    released: list[None] = []
    gateway = Gateway(
        {"m": lambda *_: {**HEAD, "body": StreamedBody(iter([b"a", b"b"]), lambda: released.append(None))}},
        None,
        io.StringIO(),
    )
    response = gateway.answer("POST", "/v2/models/m/infer", [], b"")
    assert isinstance(response, StreamedResponse)
    assert next(response.body) == b"a"
    response.body.close()
    assert list(response.body) == []
    response.body.close()
    assert released == [None]


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
