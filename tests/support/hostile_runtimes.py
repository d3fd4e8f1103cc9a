"""How a hostile Runtime API behaves, and how AWS's client ends under it: tests of other clients compare themselves."""

from __future__ import annotations

import signal
from typing import NamedTuple

from support.hostile_runtime_api import (
    Move,
    chunk,
    chunked_head,
    close,
    event,
    event_head,
    head,
    in_chunks,
    in_pieces,
    reset,
    status,
)

SIX_MEGABYTES = b'"' + b"x" * (6 * 1024 * 1024 - 2) + b'"'


class Hostility(NamedTuple):
    """moves: what the Runtime API does. asked: the last part of each path that a client asks for, when it behaves as
    AWS's does. exit_code: how AWS's client ends; None where it waits for its next event.
    """

    moves: tuple[Move, ...]
    asked: tuple[str, ...]
    exit_code: int | None


def _ends(*moves: Move, exit_code: int = 1) -> Hostility:
    """The client cannot read its first event."""
    return Hostility(moves, ("next",), exit_code)


def _goes_on(answer: str, *moves: Move) -> Hostility:
    """The client posts this answer and asks for its next event."""
    return Hostility((*moves, status(202)), ("next", answer, "next"), None)


def _fails_to_respond(*moves: Move) -> Hostility:
    return Hostility((event(b"{}"), *moves), ("next", "response"), 1)


HOSTILITIES = {
    "closes before it answers": _ends(close()),
    "resets before it answers": _ends(reset()),
    "closes in the middle of the head": _ends(close(b"HTTP/1.1 200 OK\r\nConte"), exit_code=-signal.SIGSEGV),
    "closes in the middle of the event": _ends(close(event_head(100) + b'{"a":')),
    "resets in the middle of the event": _ends(reset(event_head(100) + b'{"a":')),
    "403 instead of an event": _ends(status(403)),
    "404 instead of an event": _ends(status(404)),
    "500 instead of an event": _ends(status(500)),
    "503 instead of an event": _ends(status(503)),
    "204 instead of an event": _ends(status(204, b"")),
    "bytes that are no HTTP": _ends(close(b"\0\xff garbage\r\n\r\n")),
    "text that is no HTTP": _ends(close(b"hello world\r\n\r\n")),
    "an unknown version of HTTP": _ends(close(b"HTTP/9.9 200 OK\r\n\r\n")),
    "a chunk that is shorter than it says": _ends(close(chunked_head() + chunk(b"{}", 100))),
    "a chunk that is longer than it says": _ends(close(chunked_head() + chunk(b"{   }", 3) + chunk(b""))),
    "a chunk whose size is no number": _ends(close(chunked_head() + b"zz\r\n{}\r\n0\r\n\r\n")),
    "chunks without an end": _ends(close(chunked_head() + chunk(b"{}"))),
    "a deadline that is no number": _ends(
        event(b"{}", {"Lambda-Runtime-Deadline-Ms": "soon"}), exit_code=-signal.SIGABRT
    ),
    "6 MB in chunks of one byte": _goes_on("response", in_chunks(SIX_MEGABYTES)),
    "the head byte by byte": _goes_on("response", in_pieces(event_head(2) + b"{}")),
    "an event byte by byte": _goes_on("response", in_pieces(event_head(2000) + b"[" + b" " * 1998 + b"]")),
    "an event that is no JSON": _goes_on("error", event(b"{nope")),
    "an event of no bytes": _goes_on("error", event(b"")),
    "an event that is no UTF-8": _goes_on("error", event(b'"\xff"')),
    "a client context that is no JSON": _goes_on("error", event(b"{}", {"Lambda-Runtime-Client-Context": "{no"})),
    "400 to the response": _fails_to_respond(status(400)),
    "413 to the response": _fails_to_respond(status(413)),
    "500 to the response": _fails_to_respond(status(500)),
    "closes on the response": _fails_to_respond(close()),
    "resets on the response": _fails_to_respond(reset()),
    "no HTTP to the response": _fails_to_respond(close(b"garbage\r\n\r\n")),
    "closes after the response": Hostility(
        (event(b"{}"), close(head(202, {"Content-Length": "0"})), event(b"{}"), status(202)),
        ("next", "response", "next", "response", "next"),
        None,
    ),
}
