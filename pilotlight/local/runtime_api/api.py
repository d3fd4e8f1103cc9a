"""The server of the Runtime API: a function asks it for events, and callers invoke the function through it."""

from __future__ import annotations

import itertools
import socket
import socketserver
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

from pilotlight.local.event import ACCOUNT, Headers
from pilotlight.local.http_syntax import is_header_value
from pilotlight.local.open_connections import OpenConnections
from pilotlight.local.runtime_api import protocol
from pilotlight.local.runtime_api.connection import Observe, RecordedRequest, RuntimeConnection
from pilotlight.local.runtime_api.faults import RuntimeFault, build_fault
from pilotlight.local.runtime_api.invocation import Invocation
from pilotlight.local.runtime_api.lifecycle import Lifecycle, State
from pilotlight.local.server import HOST, serve_in_background

_ARN: Final = f"arn:aws:lambda:local:{ACCOUNT}:function:function"
_CLOSED: Final = build_fault("Runtime.ExitError", "the Runtime API is closed")
_SECONDS_TO_READ: Final = 2.0
"""What a dead process has sent is in the socket's buffer. Its children may keep a connection open for longer."""
_PAUSE: Final = 0.005
_INITIALIZED: Final = (State.READY, State.RUNNING, State.RESPONDING, State.RESTORE_READY)


class RuntimeApi:
    """Lambda's side of the Runtime API, for one process of a function. It runs until its block ends.

    Give `address` to the process as AWS_LAMBDA_RUNTIME_API, and invoke it.

    Args:
        arn: The function's ARN.
        snap_start: Whether the function is restored from a snapshot. Its process then needs
            AWS_LAMBDA_INITIALIZATION_TYPE=snap-start.
        chunked_events: Whether events are sent in chunks, as AWS's emulator sends large ones, or with their length.
        observe: Gets each request of the function when its headers have arrived, in the thread that answers it.
        clock: Seconds since the epoch.
        new_id: Makes the id of an invocation.
    """

    def __init__(
        self,
        arn: str = _ARN,
        *,
        snap_start: bool = False,
        chunked_events: bool = False,
        observe: Observe = lambda _request: None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._arn = arn
        self._observe = observe
        self._clock = clock
        self._new_id = new_id
        self._requests: list[RecordedRequest] = []
        self._lifecycle = Lifecycle()
        self._server = _Server(self._lifecycle, self._record, snap_start=snap_start, chunked_events=chunked_events)
        self._closing = ExitStack()

    @property
    def address(self) -> str:
        """Host and port, for AWS_LAMBDA_RUNTIME_API."""
        return f"{HOST}:{self._server.server_address[1]}"

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What the function has asked so far, in order."""
        return tuple(self._requests)

    def invoke(
        self,
        event: bytes,
        *,
        timeout: float = 29.0,
        client_context: str | None = None,
        cognito_identity: str | None = None,
        trace_id: str | None = None,
        extra_headers: Headers = (),
        request_id: str | None = None,
    ) -> Invocation:
        """Have an event wait for the function. Several are handed out one after the other.

        Args:
            event: The event, usually a JSON document.
            timeout: Seconds from now to the deadline, which the function is told.
            client_context: The client context, a JSON document; None for no header.
            cognito_identity: The identity, a JSON document; None for no header.
            trace_id: The X-Ray trace; None for a new one.
            extra_headers: Other headers, such as Lambda-Runtime-Aws-Tenant-Id. They take the place of equal names.
            request_id: The id of the invocation; None for a new one.

        Returns:
            The invocation. Close it, or use it as a context manager.

        Raises:
            ValueError: A header's value has control characters.
        """
        request_id = request_id or self._new_id()
        now = self._clock()
        headers = {
            "Content-Type": "application/json",
            protocol.REQUEST_ID: request_id,
            protocol.DEADLINE_MS: str(int((now + timeout) * 1000)),
            protocol.FUNCTION_ARN: self._arn,
            protocol.TRACE_ID: trace_id or _new_trace_id(now),
            protocol.CLIENT_CONTEXT: client_context,
            protocol.COGNITO_IDENTITY: cognito_identity,
            **dict(extra_headers),
        }
        present = [(name, value) for name, value in headers.items() if value is not None]
        for name, value in present:
            if not is_header_value(value):
                raise ValueError(f"{name} has characters that no header may have")
        ends = time.monotonic() + timeout
        invocation = Invocation(request_id, event, present, lambda: ends - time.monotonic())
        self._lifecycle.add(invocation)
        return invocation

    def wait_until_initialized(self, timeout: float | None) -> RuntimeFault | None:
        """Wait until the function asks for its first event, or for its restore.

        Args:
            timeout: Seconds; None for no limit.

        Returns:
            Why it failed before; None where it did not.

        Raises:
            TimeoutError: It did neither in time.
        """
        return self._lifecycle.wait_until(_INITIALIZED, timeout)

    def restore(self, timeout: float = 10.0) -> RuntimeFault | None:
        """Restore the snapshot, and wait until the function asks for its first event.

        Args:
            timeout: Seconds.

        Returns:
            Why it failed after the restore; None where it did not.

        Raises:
            TimeoutError: It did not ask in time.
        """
        self._lifecycle.restore()
        return self._lifecycle.wait_until((State.READY, State.RUNNING, State.RESPONDING), timeout)

    def end(self, fault: RuntimeFault) -> None:
        """Fail the invocations that wait for the function's response: its process has ended.

        What the process sent before its end counts, so a response that is under way is read to the connection's end
        first.

        Args:
            fault: Why it ended.
        """
        until = time.monotonic() + _SECONDS_TO_READ
        while self._lifecycle.is_answering() and self._server.is_connected() and time.monotonic() < until:
            time.sleep(_PAUSE)
        self._lifecycle.end(fault)

    def close(self) -> None:
        """Close every connection, and fail the invocations that are left."""
        self._lifecycle.end(_CLOSED)
        self._closing.close()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._closing.enter_context(serve_in_background(self._server))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, request: RecordedRequest) -> None:
        self._requests.append(request)
        self._observe(request)


def _new_trace_id(now: float) -> str:
    """AWS X-Ray Developer Guide, "Tracing header": version, seconds since the epoch in hex, 96 bits of any value."""
    return f"Root=1-{int(now):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"


class _ConnectionHandler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.answer(self.request)


class _Server(socketserver.ThreadingTCPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, lifecycle: Lifecycle, observe: Observe, *, snap_start: bool, chunked_events: bool) -> None:
        self._lifecycle = lifecycle
        self._record = observe
        self._snap_start = snap_start
        self._chunked_events = chunked_events
        self._numbers = itertools.count()
        self._connections = OpenConnections()
        super().__init__((HOST, 0), _ConnectionHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._connections.admit(request):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def answer(self, request: socket.socket) -> None:
        """Answer the requests of one connection."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = RuntimeConnection(
            request,
            next(self._numbers),
            self._lifecycle,
            self._record,
            snap_start=self._snap_start,
            chunked_events=self._chunked_events,
        )
        connection.answer_requests()

    def is_connected(self) -> bool:
        """Return whether the function has a connection."""
        return not self._connections.are_none()

    def shutdown_request(self, request: Any) -> None:
        self._connections.remove(request)
        request.close()

    def server_close(self) -> None:
        self._connections.shut_down()
        super().server_close()
