"""A Runtime API that lies, breaks off and dawdles: it answers each request of a function with the next move of a list.

    with HostileRuntimeApi(event(b"{}"), close()) as api:    # hands out one event, and closes on the response
        ...                                                  # AWS_LAMBDA_RUNTIME_API is api.address
    assert [request.method for request in api.requests] == ["GET", "POST"]

Where the list is at its end, a request waits until the function or the test goes, as `next` does in Lambda.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": "request-1",
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:hostile",
    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
}


class Request(NamedTuple):
    """headers: by name in lower case. connection: its number, from 0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


Move = Callable[[socket.socket], bool]
"""Answers a request. Returns whether the connection goes on."""


def event(body: bytes, headers: Mapping[str, str] | None = None) -> Move:
    """A good event, with other headers than usual where they are given."""
    return send(head(200, {**HEADERS, "Content-Length": str(len(body)), **(headers or {})}) + body)


def status(code: int, body: bytes = b'{"errorMessage":"no","errorType":"Hostile"}') -> Move:
    """An answer with this status, such as 202 or 500."""
    return send(head(code, {"Content-Type": "application/json", "Content-Length": str(len(body))}) + body)


def send(*pieces: bytes, keep: bool = True) -> Move:
    """These bytes, each piece by a send of its own."""

    def move(connection: socket.socket) -> bool:
        for piece in pieces:
            connection.sendall(piece)
        return keep

    return move


def close(after: bytes = b"") -> Move:
    """The end of the connection after these bytes."""
    return send(after, keep=False)


def reset(after: bytes = b"") -> Move:
    """A reset of the connection after these bytes."""

    def move(connection: socket.socket) -> bool:
        connection.sendall(after)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return move


def in_pieces(content: bytes, size: int = 1) -> Move:
    """These bytes in sends of so many bytes."""
    return send(*(content[start : start + size] for start in range(0, len(content), size)))


def in_chunks(body: bytes, size: int = 1) -> Move:
    """An event in chunks of so many bytes."""
    chunks = b"".join(chunk(body[start : start + size]) for start in range(0, len(body), size))
    return send(chunked_head() + chunks + chunk(b""))


def chunk(content: bytes, told: int | None = None) -> bytes:
    """One chunk; `told` is the size that it tells where it lies."""
    return b"%x\r\n%b\r\n" % (len(content) if told is None else told, content)


def chunked_head() -> bytes:
    return head(200, {**HEADERS, "Transfer-Encoding": "chunked"})


def event_head(length: int) -> bytes:
    """The head of an event of so many bytes."""
    return head(200, {**HEADERS, "Content-Length": str(length)})


def head(code: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Reason", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class HostileRuntimeApi:
    """Answers the n-th request that comes, on whichever connection, with the n-th move."""

    def __init__(self, *moves: Move) -> None:
        self.requests: list[Request] = []
        self._moves = iter(moves)
        self._changing = threading.Condition()
        self._connections: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def wait_for_requests(self, count: int, seconds: float = 30.0) -> list[Request]:
        """Waits until so many requests have come."""
        with self._changing:
            assert self._changing.wait_for(lambda: len(self.requests) >= count, seconds), self.requests
        return self.requests

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listening, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # the block has ended
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            number = len(self._connections) - 1
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as received, suppress(OSError):
            while request := read_request(received, number):
                with self._changing:
                    self.requests.append(request)
                    move = next(self._moves, None)
                    self._changing.notify_all()
                if move is None:
                    received.read(1)
                    return
                if not move(connection):
                    return


def read_request(received: BinaryIO, connection: int) -> Request | None:
    """The next request; None at the end of the connection."""
    line = received.readline().decode().split()
    if not line:
        return None
    headers = {}
    while field := received.readline().decode().strip():
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") != "chunked":
        return Request(line[0], line[1], headers, received.read(int(headers.get("content-length", 0))), connection)
    body = b""
    while size := int(received.readline() or b"0", 16):
        body += received.read(size)
        received.readline()
    while received.readline().strip():
        pass
    return Request(line[0], line[1], headers, body, connection)
