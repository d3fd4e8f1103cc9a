"""What Pilotlight's client does where the Runtime API fails, beside what AWS's client does in the same situation.

support.hostile_runtimes has the moves, and how AWS's client ends.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from support.hostile_runtimes import HOSTILITIES


class HostileCase(NamedTuple):
    """How our client behaves.

    Attributes:
        aws_says: What AWS's client does, for the table.
        ours_says: What ours does.
        asked: The last part of each path that ours asks for.
        exit_code: How ours ends; None where it waits for its next event.
        log: What its log says.
    """

    aws_says: str
    ours_says: str
    asked: tuple[str, ...]
    exit_code: int | None
    log: str


_LOST: Final = "the Runtime API closed the connection"
_RESET: Final = "the connection to the Runtime API failed: Connection reset by peer"
_NO_HTTP: Final = "the answer of the Runtime API does not begin as HTTP/1 does"
_ENDS: Final = "the process ends with 1"
_SAME: Final = "the same, and the log says why"


def _ends(log: str) -> HostileCase:
    return HostileCase(_ENDS, _SAME, ("next",), 1, log)


def _refused(status: int) -> HostileCase:
    says = "the refusal is logged, and the next event is asked for: one answer is lost, not a warm process"
    log = f"Runtime.RefusedResponse: the Runtime API answered a response with {status}"
    return HostileCase(_ENDS, says, ("next", "response", "next"), None, log)


def _goes_on(name: str, log: str = "") -> HostileCase:
    _, asked, _ = HOSTILITIES[name]
    return HostileCase(f"its {asked[1]} is posted", "the same", asked, None, log)


_RESENDS: Final = HostileCase(
    _ENDS,
    "the response is sent once more on a new connection: a kept one may have ended before the response came",
    ("next", "response", "response"),
    None,
    "",
)

HOSTILE_CASES: Final = {
    "closes before it answers": _ends(_LOST),
    "resets before it answers": _ends(_RESET),
    "closes in the middle of the head": HostileCase(
        "the process ends by SIGSEGV", "the process ends with 1, and the log says why", ("next",), 1, _LOST
    ),
    "closes in the middle of the event": _ends(_LOST),
    "resets in the middle of the event": _ends(_RESET),
    **{f"{status} instead of an event": _ends(f"answered next with {status}") for status in (403, 404, 500, 503, 204)},
    "bytes that are no HTTP": _ends(_NO_HTTP),
    "text that is no HTTP": _ends(_NO_HTTP),
    "an unknown version of HTTP": _ends(_NO_HTTP),
    "a chunk that is shorter than it says": _ends(_LOST),
    "a chunk that is longer than it says": _ends("a chunk of the Runtime API's answer is longer than its size says"),
    "a chunk whose size is no number": _ends("the size of a chunk of the Runtime API's answer is no number"),
    "chunks without an end": _ends(_LOST),
    "a deadline that is no number": HostileCase(
        "the process ends by SIGABRT", "the event is answered; the remaining time is 0", ("next", "response"), None, ""
    ),
    **{
        name: _goes_on(name)
        for name in ("6 MB in chunks of one byte", "the head byte by byte", "an event byte by byte")
    },
    "an event that is no JSON": _goes_on("an event that is no JSON", "Runtime.UnmarshalError"),
    "an event of no bytes": _goes_on("an event of no bytes", "Runtime.UnmarshalError"),
    "an event that is no UTF-8": _goes_on("an event that is no UTF-8", "Runtime.UnmarshalError"),
    "a client context that is no JSON": _goes_on(
        "a client context that is no JSON", "Runtime.LambdaContextUnmarshalError"
    ),
    "400 to the response": _refused(400),
    "413 to the response": _refused(413),
    "500 to the response": HostileCase(_ENDS, _SAME, ("next", "response"), 1, "answered a response with 500"),
    "closes on the response": _RESENDS,
    "resets on the response": _RESENDS,
    "no HTTP to the response": HostileCase(_ENDS, _SAME, ("next", "response"), 1, _NO_HTTP),
    "closes after the response": HostileCase(
        "the next event is asked for on a new connection",
        "the same",
        ("next", "response", "next", "response", "next"),
        None,
        "",
    ),
}
