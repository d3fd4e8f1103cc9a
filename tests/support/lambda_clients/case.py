"""What a case of the comparison consists of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

NOTHING: Final[Mapping[str, Any]] = {}


class Event(NamedTuple):
    """An event, and what Lambda tells the function about it.

    Attributes:
        body: The event.
        headers: Headers of the Runtime API, beside those that it always sends.
        client_context: The caller's context, JSON.
        identity: Cognito's identity, JSON.
        trace: X-Ray's header.
        seconds: From now to the deadline.
    """

    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    client_context: str | None = None
    identity: str | None = None
    trace: str = "Root=1-0;Parent=1;Sampled=0"
    seconds: float = 30


class Case(NamedTuple):
    """A handler that both clients run.

    Attributes:
        name: A short name, which the table of the documentation shows.
        app: The text of app.py.
        says: What AWS's client does, for the table.
        expected: Fields of the observation that hold for both clients.
        aws: Fields in which the clients differ, as AWS's client has them; a set where that depends on Python's version.
        ours: The same fields, as Pilotlight's client has them.
        ours_says: What Pilotlight's client does instead, and why; "" where it does the same.
        events: The events, one after the other.
        environ: Environment variables of the function.
        files: Other files of the function, by name.
        handler: The handler's name.
        telemetry: Whether Lambda gives a descriptor for framed log records.
        snap_start: Whether the function is restored from a snapshot before its first event.
        terminate: Whether SIGTERM is sent after the events.
        gone: Fields that say nothing in this case, such as those that depend on time.
    """

    name: str
    app: str
    says: str
    expected: Mapping[str, Any] = NOTHING
    aws: Mapping[str, Any] = NOTHING
    ours: Mapping[str, Any] = NOTHING
    ours_says: str = ""
    events: tuple[Event, ...] = (Event(),)
    environ: Mapping[str, str] = NOTHING
    files: Mapping[str, str] = NOTHING
    handler: str = "app.handler"
    telemetry: bool = False
    snap_start: bool = False
    terminate: bool = False
    gone: tuple[str, ...] = ()


def matches(pattern: Any, value: Any) -> bool:
    """Tells whether an observed value is as expected: equal, one of a set, or with a pattern in it or in an item."""
    if isinstance(pattern, frozenset):
        return value in pattern
    if isinstance(pattern, re.Pattern):
        texts = value if isinstance(value, list) else [value]
        return any(isinstance(text, str) and pattern.search(text) is not None for text in texts)
    return bool(pattern == value)


def find_faults(case: Case, aws: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Returns what contradicts a case, with both values of the field.

    Every field must be equal under both clients, or be one of those that the case says differ. Where it says that
    `exit` or `calls` differ, the clients part, so that fields which it leaves out follow from that; where messages
    differ, what holds them does. The differences that each case has (see `without_general_differences`) count for none.
    """
    faults = []
    named = {*case.aws, *case.ours}
    apart = bool({"exit", "calls"} & named)
    words = {f"{field.removesuffix('.message')}.cause" for field in named if field.endswith(".message")}
    follows = words | {"stdout", "frames"} if words else set()
    plain_aws, plain_ours = without_general_differences(aws), without_general_differences(ours)
    for field in sorted({*aws, *ours, *case.expected, *case.aws, *case.ours} - {*case.gone}):
        seen = f"{field}:\n  AWS's {aws.get(field)!r}\n  ours  {ours.get(field)!r}"
        if field in named:
            if field in case.aws and not matches(case.aws[field], aws.get(field)):
                faults.append(f"AWS's client is not as the case says ({case.aws[field]!r})\n{seen}")
            if field in case.ours and not matches(case.ours[field], ours.get(field)):
                faults.append(f"our client is not as the case says ({case.ours[field]!r})\n{seen}")
            depends = isinstance(case.aws.get(field), frozenset)
            if {field} <= {*case.aws} & {*case.ours} and aws.get(field) == ours.get(field) and not depends:
                faults.append(f"the clients do not differ, but the case says so\n{seen}")
            continue
        if plain_aws.get(field) != plain_ours.get(field) and not apart and field not in follows:
            faults.append(f"the clients differ\n{seen}")
        if field in case.expected and not matches(case.expected[field], ours.get(field)):
            faults.append(f"the clients are not as the case says ({case.expected[field]!r})\n{seen}")
    return faults


def without_general_differences(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields without what differs in every case, for these reasons.

    AWS's client shows frames of itself and of the import system in stacks, and writes a line at a failed start which
    says that Lambda may have changed its runtime; ours belongs to the layer. Ours names the error's type in a header.
    """
    return {name: _plain(name, value) for name, value in fields.items()}


def _plain(name: str, value: Any) -> Any:
    if name.endswith(".error") and not name.startswith("start"):
        return None
    if name.endswith(".stack"):
        return [frame for frame in value or () if not _CLIENT_FRAME.search("\n" + frame)]
    if name.endswith(".cause"):
        return {**value, "exceptions": [_plain_exception(found) for found in value["exceptions"]], "paths": None}
    if name in ("stdout", "stderr"):
        return _CLIENT_FRAME.sub("", _WARNING.sub("", value))
    if name == "frames":
        return [_CLIENT_FRAME.sub("", frame) for frame in value if "LAMBDA_WARNING" not in frame]
    return value


def _plain_exception(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "stack": [frame for frame in found["stack"] if not _CLIENT_FILE.match(frame["path"])]}


_CLIENT: Final = (
    r"(/var/runtime/(awslambdaric|bootstrap)|/opt/python/pilotlight_runtime/|"
    r"<frozen importlib|/var/lang/lib/python[^\"]*/importlib/)"
)
_CLIENT_FILE: Final = re.compile(_CLIENT)
_CLIENT_FRAME: Final = re.compile(rf'[\r\n]+[ \xa0]{{2}}File "{_CLIENT}[^\r\n]*([\r\n]+[ \xa0]{{4}}[^\r\n]*)*')
_WARNING: Final = re.compile(r'(\[WARNING\]\t|\{"timestamp": )[^\n]*LAMBDA_WARNING[^\n]*\n')
