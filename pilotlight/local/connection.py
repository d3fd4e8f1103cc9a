"""One client's connection: its requests one after the other, each with its limits of time and size."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from pilotlight.core.printable import escape_controls, escape_lines
from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.faults import FunctionFault
from pilotlight.local.gateway import Gateway, StreamedResponse, WebResponse, error_response
from pilotlight.local.request_body import Framing, find_framing, read_body
from pilotlight.local.request_head import RequestHead, read_head
from pilotlight.local.response_head import CONTINUE, write_response
from pilotlight.local.stream_sender import send_stream

_DRAINED_SECONDS: Final = 1.0
"""How long the rest of a refused request is read. A connection that closes with unread bytes loses its last answer."""

_LONGEST_PATH: Final = 200
"""Characters of a path in the log."""


class Limits(NamedTuple):
    """How long a client may take, in seconds.

    Attributes:
        idle: Until its next request begins.
        head: From the first byte of a request to the end of its headers.
        body: For the body.
        answer: To receive the answer.
    """

    idle: float = 300.0
    head: float = 20.0
    body: float = 60.0
    answer: float = 60.0


LIMITS: Final = Limits()


class Connection:
    """Answers the requests of one connection.

    Args:
        client: The connected socket.
        gateway: Responds to the requests.
        log: Takes one line a request: method, path, status, milliseconds.
        limits: How long the client may take.
        clock: Seconds.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        client: socket.socket,
        gateway: Gateway,
        log: Callable[[str], object],
        *,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._log = log
        self._limits = limits
        self._clock = clock
        self._now = now
        self._reader = ByteReader(self._receive)
        self._ends = 0.0

    def answer_requests(self, idle: Callable[[], object], busy: Callable[[], object]) -> None:
        """Answer requests until the client or an error closes the connection.

        Args:
            idle: Called before each wait for a request.
            busy: Called when a request begins.
        """
        try:
            while True:
                idle()
                self._allow(self._limits.idle)
                if not self._reader.wait_for_data():
                    return
                busy()
                if not self._answer_one():
                    return
        except TimeoutError:
            return  # no request came, or the client did not take its answer
        except OSError:
            self._log("connection ended by the client before its answer")

    def _answer_one(self) -> bool:
        """Answer one request. Return whether another may follow."""
        began = self._clock()
        self._allow(self._limits.head)
        head: RequestHead | None = None
        response: WebResponse | StreamedResponse
        try:
            head = read_head(self._reader)
            framing = find_framing(head)
            response, close = self._respond(head, framing)
        except RequestRefused as refused:
            response, close = error_response(refused.status, str(refused)), True
        except TimeoutError:
            response, close = error_response(408, "the request did not arrive in time"), True
        what = "a request that is not HTTP" if head is None else _describe(head)
        if head is not None and isinstance(response, StreamedResponse):
            close = close or head.version < (1, 1)
            fault = self._stream(response, head, close=close)
            if fault is not None:
                self._log(f"{what} broke off: {fault}")
                return False
        elif isinstance(response, WebResponse):
            self._send(response, head, close=close)
        took = (self._clock() - began) * 1000
        self._log(f"{what} {response.status} {took:.1f} ms")
        if close:
            self._drain()
        return not close

    def _respond(self, head: RequestHead, framing: Framing) -> tuple[WebResponse | StreamedResponse, bool]:
        """Return the response, and whether the connection closes after it."""
        close = not head.keeps_connection
        waiting = bool(head.values("expect")) and framing.has_body
        if waiting and head.tokens("expect") != {"100-continue"}:
            return error_response(417, "only Expect: 100-continue is understood"), True
        if waiting:
            # The client sends its body when it is told to. It is not told to where nothing would read the body.
            refused = self._gateway.refuse(head.method, head.target, framing.length)
            if refused is not None:
                return refused, True
            if head.version >= (1, 1):
                self._client.sendall(CONTINUE)
        self._allow(self._limits.body)
        body = read_body(framing, self._reader)
        return self._gateway.answer(head.method, head.target, head.headers, body), close

    def _send(self, response: WebResponse, head: RequestHead | None, *, close: bool) -> None:
        with_body = head is None or head.method != "HEAD"
        content = write_response(response, with_body=with_body, close=close, now=self._now())
        self._client.settimeout(self._limits.answer)
        self._client.sendall(content)

    def _stream(self, response: StreamedResponse, head: RequestHead, *, close: bool) -> FunctionFault | None:
        self._client.settimeout(self._limits.answer)
        fault = send_stream(self._client, head, response, close=close, now=self._now())
        if fault is not None and fault.details:
            self._log(escape_lines(fault.details).rstrip())
        return fault

    def _drain(self) -> None:
        """Let a client that still sends read its answer, before the connection closes."""
        self._allow(_DRAINED_SECONDS)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_WR)
            while self._receive(65_536):
                pass

    def _allow(self, seconds: float) -> None:
        self._ends = self._clock() + seconds

    def _receive(self, size: int) -> bytes:
        seconds = self._ends - self._clock()
        if seconds <= 0:
            raise TimeoutError
        self._client.settimeout(seconds)
        return self._client.recv(size)


def _describe(head: RequestHead) -> str:
    path = head.target.partition("?")[0]
    shown = path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + "..."
    return f"{head.method[:_LONGEST_PATH]} {escape_controls(shown)}"
