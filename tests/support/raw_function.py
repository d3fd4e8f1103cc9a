"""The function's side of the Runtime API on a raw socket: it sends exactly the bytes that a test wants."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

ROOT = "/2018-06-01/runtime"
CHUNKED = {"Transfer-Encoding": "chunked"}
STREAMING = {"Lambda-Runtime-Function-Response-Mode": "streaming", **CHUNKED}


class Answer(NamedTuple):
    """headers: by name in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers["lambda-runtime-aws-request-id"]

    @property
    def error_type(self) -> str:
        kind: str = json.loads(self.body)["errorType"]
        return kind


class RawFunction:
    """One connection to the Runtime API at `address`."""

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        host, port = address.split(":")
        self.connected = socket.create_connection((host, int(port)), timeout)
        self.connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = self.connected.makefile("rb")

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        self.send_head(method, path, {"Content-Length": str(len(body)), **(headers or {})})
        self.send(body)
        return self.read_answer()

    def next(self) -> Answer:
        return self.ask("GET", "/invocation/next")

    def respond(self, request_id: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("POST", f"/invocation/{request_id}/response", body, headers)

    def begin_stream(self, request_id: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_head("POST", f"/invocation/{request_id}/response", {**STREAMING, **(headers or {})})

    def chunk(self, content: bytes) -> None:
        self.send(b"%x\r\n%b\r\n" % (len(content), content))

    def end_stream(self, trailers: Mapping[str, str] | None = None) -> Answer:
        lines = [f"{name}: {value}\r\n" for name, value in (trailers or {}).items()]
        self.send(("0\r\n" + "".join(lines) + "\r\n").encode())
        return self.read_answer()

    def send_head(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        lines = [f"{method} {ROOT + path} HTTP/1.1", "Host: lambda"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def send(self, content: bytes) -> None:
        self.connected.sendall(content)

    def read_answer(self) -> Answer:
        status = int(self._received.readline().split()[1])
        headers = {}
        while line := self._received.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        if status == 100:
            return self.read_answer()
        if headers.get("transfer-encoding") != "chunked":
            return Answer(status, headers, self._received.read(int(headers["content-length"])))
        body = b""
        while size := int(self._received.readline(), 16):
            body += self._received.read(size)
            self._received.readline()
        self._received.readline()
        return Answer(status, headers, body)

    def is_closed(self) -> bool:
        """Whether the other side has closed the connection, after all that it has sent is read."""
        try:
            return self._received.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._received.close()
        self.connected.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def error_trailers(kind: str, document: Any) -> dict[str, str]:
    """The trailers that report an error in the middle of a stream."""
    body = base64.b64encode(json.dumps(document).encode()).decode()
    return {"Lambda-Runtime-Function-Error-Type": kind, "Lambda-Runtime-Function-Error-Body": body}
