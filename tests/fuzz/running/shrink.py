"""Makes a finding smaller: fewer events, then less in the last one, as long as the same kind of fault shows."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from fuzz.events.generator import Event
from fuzz.oracle.answers import Fault
from fuzz.packaging import Packaged
from fuzz.running.function import Function
from fuzz.running.judge import DEATH, POISONED, judge
from fuzz.running.session import Finding

SECONDS = 20.0
"""For one finding."""

Shows = Callable[[tuple[Event, ...]], bool]


def replay(packaged: Packaged, events: tuple[Event, ...]) -> Fault | None:
    """Sends events to a fresh process and judges the last one.

    Args:
        packaged: The function.
        events: The events.

    Returns:
        What is wrong with the last reply, if anything.
    """
    with Function(packaged.folder) as function:
        replies, death = function.call(events)
        if death:
            return Fault(DEATH, death) if len(replies) == len(events) - 1 else None
        return judge(packaged, events[-1], replies[-1]).fault


def shrink(packaged: Packaged, finding: Finding, seconds: float = SECONDS) -> Finding:
    """Makes a finding smaller.

    Args:
        packaged: The function.
        finding: What was found.
        seconds: When to stop.

    Returns:
        A finding of the same kind, with as few events and as little in them as could be reached.
    """
    end = time.monotonic() + seconds
    poisoned = finding.fault.kind == POISONED

    def shows(events: tuple[Event, ...]) -> bool:
        if time.monotonic() > end:
            return False
        fault = replay(packaged, events)
        return fault is not None and (poisoned or fault.kind == finding.fault.kind)

    events = _fewer(finding.events, shows)
    place = len(events) - (2 if poisoned and len(events) > 1 else 1)
    events = _smaller(events, place, shows)
    fault = finding.fault if poisoned else replay(packaged, events) or finding.fault
    return finding._replace(fault=fault, events=events)


def _fewer(events: tuple[Event, ...], shows: Shows) -> tuple[Event, ...]:
    """Leaves out events before the last one, many at a time, then one at a time."""
    kept, last = list(events[:-1]), events[-1]
    size = len(kept)
    while size >= 1:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if shows((*fewer, last)):
                kept = fewer
            else:
                start += size
        size //= 2
    return (*kept, last)


def _smaller(events: tuple[Event, ...], place: int, shows: Shows) -> tuple[Event, ...]:
    """Takes the event at `place` apart for as long as something can be left out."""
    progress = True
    while progress:
        progress = False
        for smaller in _simpler(events[place]):
            candidate = (*events[:place], smaller, *events[place + 1 :])
            if len(smaller.text) < len(events[place].text) and shows(candidate):
                events, progress = candidate, True
                break
    return events


def _simpler(event: Event) -> Iterator[Event]:
    """The same event with something less. The body is taken apart as JSON where it is JSON."""
    value = event.value
    for simpler in _less(value):
        yield Event(json.dumps(simpler), event.context)
    body = value.get("body") if isinstance(value, dict) else None
    if not isinstance(body, str):
        return
    try:
        raw = base64.b64decode(body, validate=True) if value.get("isBase64Encoded") else body.encode()
    except ValueError:
        return
    raw, headers = _plain(raw, value.get("headers"))
    value = {**value, "headers": headers}
    try:
        bodies = (json.dumps(less) for less in _less(json.loads(raw)))
    except (ValueError, RecursionError):
        bodies = (
            raw[:start].decode("latin-1") + raw[start + size :].decode("latin-1") for start, size in _cuts(len(raw))
        )
    for less in bodies:
        yield Event(json.dumps({**value, "isBase64Encoded": False, "body": less}), event.context)


def _plain(raw: bytes, headers: Any) -> tuple[bytes, Any]:
    """A body without its Content-Encoding, and the headers without it."""
    kept = {name: text for name, text in headers.items() if name.lower() != "content-encoding"} if headers else headers
    try:
        return (raw, headers) if kept == headers else (zlib.decompress(raw, 47), kept)
    except zlib.error:
        return raw, headers


def _cuts(length: int) -> Iterator[tuple[int, int]]:
    size = length // 2
    while size:
        yield from ((start, size) for start in range(0, length, size))
        size //= 2


def _less(value: Any) -> Iterator[Any]:
    """Copies of a document with one thing left out or made simple."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: less} for less in _less(inner))
    elif isinstance(value, list):
        if len(value) > 4:
            yield value[: len(value) // 2]
        for place, inner in enumerate(value[:20]):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], less, *value[place + 1 :]] for less in _less(inner))
    elif isinstance(value, str) and len(value) > 8:
        yield value[: len(value) // 2]
