"""Server-sent events, read from the parts of a body as they arrive (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_DATA: Final = b"data:"
_MOST_LINE_BYTES: Final = 1024 * 1024


def read_events(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the data of each event. Comments and other fields are left out.

    Args:
        parts: The body.

    Raises:
        ValueError: A line is longer than 1 MiB.
    """
    received = b""
    for part in parts:
        *lines, received = (received + part).split(b"\n")
        if len(received) > _MOST_LINE_BYTES:
            raise ValueError("a line of the event stream is longer than 1 MiB")
        for line in lines:
            if line.startswith(_DATA):
                yield line.removeprefix(_DATA).strip()
