"""What Lambda answers to the function, as bytes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pilotlight.local.event import Headers
from pilotlight.local.runtime_api.invocation import Invocation

_CHUNK_BYTES: Final = 32_768


def write_answer(status: int, body: bytes, *, close: bool = False) -> bytes:
    """Return an answer with a JSON document.

    Args:
        status: The HTTP status.
        body: The document.
        close: Whether the connection closes afterwards.
    """
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return _write_head(status, [*headers, ("Connection", "close")] if close else headers) + body


def write_event(invocation: Invocation, *, chunked: bool) -> bytes:
    """Return the answer that hands an event to the function.

    Args:
        invocation: The event.
        chunked: Whether the event is sent in chunks, or with its length.
    """
    event = invocation.event
    if not chunked:
        return _write_head(200, [*invocation.headers, ("Content-Length", str(len(event)))]) + event
    chunks = [event[start : start + _CHUNK_BYTES] for start in range(0, len(event), _CHUNK_BYTES)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    return _write_head(200, [*invocation.headers, ("Transfer-Encoding", "chunked")]) + body


def _write_head(status: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode()
