"""Server-sent events, as OpenAI's API streams them. Source: HTML Standard, "Server-sent events"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.protocol.json_codec import dumps

STREAM_HEADERS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
DONE: Final = b"data: [DONE]\n\n"


def write_event(document: object) -> bytes:
    """Writes an event. JSON as we write it has no line break, which would end the field."""
    return b"data: %b\n\n" % dumps(document)


def write_error(document: bytes) -> bytes:
    """Writes the last events of a stream that an error ends. document: the error's JSON."""
    return b"data: %b\n\n" % document + DONE
