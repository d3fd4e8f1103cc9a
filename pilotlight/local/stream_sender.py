"""Sends a response part by part, as its function makes it."""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from typing import Final

from pilotlight.local.faults import FunctionFault
from pilotlight.local.gateway import StreamedResponse
from pilotlight.local.request_head import RequestHead
from pilotlight.local.response_head import has_no_body, write_stream_head

_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: the connection is reset when it closes."""


def send_stream(
    client: socket.socket, head: RequestHead, response: StreamedResponse, *, close: bool, now: float
) -> FunctionFault | None:
    """Send a response, and close its body whatever happens.

    A response that breaks off has no last chunk; to a client of HTTP/1.0, which knows no chunks, its connection is
    reset. Either way the client can tell that the response is not complete.

    Args:
        client: The connected socket.
        head: The request.
        response: The response.
        close: Whether the connection closes afterwards.
        now: Seconds since the epoch.

    Returns:
        Why the function failed in the middle; None where the response is complete.

    Raises:
        OSError: The client has left, or takes nothing.
    """
    with closing(response.body):
        bodiless = head.method == "HEAD" or has_no_body(response.status)
        chunked = head.version >= (1, 1) and not has_no_body(response.status)
        client.sendall(write_stream_head(response, chunked=chunked, close=close, now=now))
        if bodiless:
            return None
        try:
            for part in response.body:
                client.sendall(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        except FunctionFault as fault:
            if not chunked:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
                client.close()  # the server would first end its side in order
            return fault
        if chunked:
            client.sendall(b"0\r\n\r\n")
        return None
