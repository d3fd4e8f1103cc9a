"""Sends events to a watched function, and fails where anything that it leaves has the canary."""

from __future__ import annotations

import json

import pytest

from support.canaries import CANARY, Canary
from support.watched_function import WatchedFunction


def look(function: WatchedFunction, said: str, *others: Canary) -> None:
    """Fail where the canary, or another one, is in the log, a trace or a file of the function."""
    places = {"the log": function.log, "a trace": function.traces(), **function.written()}
    for place, content in places.items():
        for canary in (CANARY, *others):
            if found := canary.find(content):
                lines = [line for line in content.splitlines() if canary.find(line)]
                pytest.fail(f"{said}: {place} has the canary as {found}: {lines[:1]!r:.2000}")


def send(function: WatchedFunction, event: object, said: str, *others: Canary) -> int:
    """Send an event, and look; returns the status of the answer, 0 where the handler was not called."""
    answer = function.call(event)
    assert answer is not None, said
    look(function, said, *others)
    return status_of(answer.body) if answer.fault is None else 0


def status_of(body: bytes) -> int:
    """Return the status of an answer, whole or streamed; a direct invocation's has none where it is right."""
    document = json.loads(body.partition(b"\0" * 8)[0])
    if not isinstance(document, dict):
        return 200
    found: int = document.get("statusCode") or document.get("status") or 200
    return found
