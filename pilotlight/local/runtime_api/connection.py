"""One connection of the function to the Runtime API: its requests one after the other."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.event import Headers
from pilotlight.local.request_body import Framing, find_framing
from pilotlight.local.request_head import RequestHead, read_head
from pilotlight.local.response_head import CONTINUE
from pilotlight.local.runtime_api.answers import write_answer, write_event
from pilotlight.local.runtime_api.body_parts import BodyParts, read_parts
from pilotlight.local.runtime_api.faults import RuntimeFault, read_reported_fault
from pilotlight.local.runtime_api.invocation import Invocation
from pilotlight.local.runtime_api.lifecycle import FunctionEnded, Lifecycle
from pilotlight.local.runtime_api.protocol import MOST_HEAD_BYTES, Call, Route, find_route
from pilotlight.local.runtime_api.refusals import (
    CallRefused,
    bad_request,
    truncated_request,
    unknown_path,
    wrong_method,
)
from pilotlight.local.runtime_api.response_intake import ResponseIntake, StreamStopped

_ACCEPTED: Final = write_answer(202, b'{"status":"OK"}\n')
_RESTORED: Final = write_answer(200, b"")
_ANY_LENGTH: Final = 2**62
_NO_BODY: Final = Framing(chunked=False, length=0)
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: the connection is reset when it closes, so that the function's next write fails."""


class RecordedRequest(NamedTuple):
    """What the function asked.

    Attributes:
        method: The method.
        path: The path.
        headers: Names and values in order, as they were sent.
        connection: The number of the connection; the first one is 0.
    """

    method: str
    path: str
    headers: Headers
    connection: int


Observe = Callable[[RecordedRequest], object]


class RuntimeConnection:
    """Answers the requests of one connection.

    Args:
        client: The connected socket.
        number: Its number among the connections.
        lifecycle: The state of the function, which all connections share.
        observe: Gets each request when its headers have arrived.
        snap_start: Whether the paths of a restore exist.
        chunked_events: Whether events are sent in chunks.
    """

    def __init__(
        self,
        client: socket.socket,
        number: int,
        lifecycle: Lifecycle,
        observe: Observe,
        *,
        snap_start: bool,
        chunked_events: bool,
    ) -> None:
        self._client = client
        self._number = number
        self._lifecycle = lifecycle
        self._observe = observe
        self._snap_start = snap_start
        self._chunked_events = chunked_events
        self._reader = ByteReader(client.recv)

    def answer_requests(self) -> None:
        """Answer requests until one of both sides closes the connection."""
        with suppress(OSError, FunctionEnded):
            while self._reader.wait_for_data():
                if not self._answer_one():
                    return

    def _answer_one(self) -> bool:
        """Answer one request. Return whether another may follow."""
        try:
            head = read_head(self._reader, MOST_HEAD_BYTES)
            framing = find_framing(head, _ANY_LENGTH)
        except RequestRefused as error:
            return self._refuse(bad_request(error.status, str(error)), read_parts(_NO_BODY, self._reader))
        self._observe(RecordedRequest(head.method, head.target, head.headers, self._number))
        if framing.has_body and head.values("expect"):
            self._client.sendall(CONTINUE)
        parts = read_parts(framing, self._reader)
        try:
            self._client.sendall(self._answer(head, parts))
        except CallRefused as refused:
            return self._refuse(refused, parts) and head.keeps_connection
        except StreamStopped:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            return False
        return head.keeps_connection

    def _answer(self, head: RequestHead, parts: BodyParts) -> bytes:
        """Return the answer to a request, once there is one."""
        route = self._find_route(head)
        if route.call is Call.RESPONSE:
            invocation = self._lifecycle.begin_response(route.request_id)
            ResponseIntake(invocation, self._finish).take(head, parts, self._stop_reading)
            return _ACCEPTED
        body = _read_whole(parts)
        match route.call:
            case Call.NEXT:
                return write_event(self._lifecycle.next_invocation(), chunked=self._chunked_events)
            case Call.RESTORE_NEXT:
                self._lifecycle.wait_for_restore()
                return _RESTORED
            case Call.INIT_ERROR:
                self._lifecycle.fail_init(read_reported_fault(head.headers, body))
            case Call.RESTORE_ERROR:
                self._lifecycle.fail_restore(read_reported_fault(head.headers, body))
            case Call.ERROR:
                invocation = self._lifecycle.begin_response(route.request_id)
                self._finish(invocation, read_reported_fault(head.headers, body))
        return _ACCEPTED

    def _find_route(self, head: RequestHead) -> Route:
        route = find_route(head.target)
        if route is None or (route.call in (Call.RESTORE_NEXT, Call.RESTORE_ERROR) and not self._snap_start):
            raise unknown_path()
        if route.method != head.method:
            raise wrong_method(route.method)
        return route

    def _finish(self, invocation: Invocation, fault: RuntimeFault | None) -> None:
        """End the response, and let the function ask for its next event before its caller goes on."""
        self._lifecycle.end_response()
        invocation.end(fault)

    def _refuse(self, refused: CallRefused, parts: BodyParts) -> bool:
        """Read the rest of a request and refuse it. Return whether the connection can go on."""
        closes = refused.closes_connection
        try:
            for _ in parts:
                pass
        except RequestRefused:
            closes = True
        self._client.sendall(write_answer(refused.status, refused.body, close=closes))
        return not closes

    def _stop_reading(self) -> None:
        """Wake the thread that reads from this connection. Any thread may do this."""
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RD)


def _read_whole(parts: BodyParts) -> bytes:
    try:
        return b"".join(parts)
    except RequestRefused as error:
        raise truncated_request() from error
