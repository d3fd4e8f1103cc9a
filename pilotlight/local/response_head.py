"""The status line and the headers of one response."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

from pilotlight.local.gateway import WebResponse

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
    lines = [
        f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}",
        "Server: pilotlight",
        f"Date: {_format_date(now)}",
        *(f"{name}: {value}" for name, value in response.headers if name.lower() not in _OWN_HEADERS),
    ]
    bodiless = response.status in (204, 304)  # RFC 9112, section 6.3
    if not bodiless:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + response.body if with_body and not bodiless else head


def _format_date(seconds: float) -> str:
    """RFC 9110, section 5.6.7. time.strftime would write the names of the locale."""
    at = time.gmtime(seconds)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {clock} GMT"
