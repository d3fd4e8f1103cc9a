"""The status line and the headers of one response."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

from pilotlight.local.event import Headers
from pilotlight.local.gateway import StreamedResponse, WebResponse

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_OWN_HEADERS: Final = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
"""Headers that the server writes itself, whatever the function said, as API Gateway does."""

_REASONS: Final = {int(status): status.phrase for status in HTTPStatus}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_response(response: WebResponse, *, with_body: bool, close: bool, now: float) -> bytes:
    """Return the bytes of a response.

    Args:
        response: The response.
        with_body: False for an answer to HEAD, which has the length of a body but no body.
        close: Whether the connection closes afterwards.
        now: Seconds since the epoch.
    """
    bodiless = has_no_body(response.status)
    framing = "" if bodiless else f"Content-Length: {len(response.body)}"
    head = _write_head(response.status, response.headers, framing, close=close, now=now)
    return head + response.body if with_body and not bodiless else head


def write_stream_head(response: StreamedResponse, *, chunked: bool, close: bool, now: float) -> bytes:
    """Return the head of a response whose body follows part by part.

    Args:
        response: The response.
        chunked: Whether the body comes in chunks; else it ends with the connection.
        close: Whether the connection closes afterwards.
        now: Seconds since the epoch.
    """
    framing = "Transfer-Encoding: chunked" if chunked else ""
    return _write_head(response.status, response.headers, framing, close=close, now=now)


def has_no_body(status: int) -> bool:
    """Return whether a response with this status never has a body (RFC 9112, section 6.3)."""
    return status in (204, 304)


def _write_head(status: int, headers: Headers, framing: str, *, close: bool, now: float) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}",
        "Server: pilotlight",
        f"Date: {_format_date(now)}",
        *(f"{name}: {value}" for name, value in headers if name.lower() not in _OWN_HEADERS),
        *([framing] if framing else []),
        f"Connection: {'close' if close else 'keep-alive'}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _format_date(seconds: float) -> str:
    """RFC 9110, section 5.6.7. time.strftime would write the names of the locale."""
    at = time.gmtime(seconds)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {clock} GMT"
