"""Judges a function's reply to an event: the answer, and what the function did beside answering."""

from __future__ import annotations

import json

from fuzz.arrays import CANARY
from fuzz.events.generator import Event
from fuzz.oracle.answers import Fault, find_fault
from fuzz.oracle.expected import Expected
from fuzz.oracle.oracle import expect
from fuzz.packaging import Packaged
from fuzz.running.function import Reply

EXCEPTION, DEATH, LOGGED, BAD_LOG, SLOW, MEMORY, POISONED = (
    *("exception out of the handler", "process death", "payload in the log", "log line that is no JSON"),
    *("over 1 s of CPU time", "over 256 MB of memory", "a good request fails after this one"),
)
MOST_MICROS = 1_000_000
MOST_GROWTH = 256 * 2**20


def judge(packaged: Packaged, event: Event, reply: Reply) -> tuple[int, Fault | None]:
    """Judges a reply.

    Args:
        packaged: The function.
        event: The event.
        reply: What came of it.

    Returns:
        The status of the answer, 0 where it has none, and the worst that is wrong, if anything.
    """
    if not reply.answer:
        return 0, None  # Lambda's own parser would not have read the event
    if reply.raised:
        return 0, Fault(EXCEPTION, reply.answer.decode(errors="replace")[:300])
    expected = expect(packaged, event.value)
    status, fault = find_fault(packaged, expected, reply.answer)
    return status, fault or _log_fault(reply.log) or _cost_fault(expected, reply)


def is_right(packaged: Packaged, event: Event) -> bool:
    """Whether an event is valid and has one right answer: then it can show that the function still works."""
    expected = expect(packaged, event.value)
    if expected.statuses or expected.lenient or expected.unknown:
        return False
    return expected.document is not None or bool(expected.outputs) or not packaged.target.outputs


def _log_fault(log: bytes) -> Fault | None:
    if CANARY.encode() in log:
        line = next(line for line in log.splitlines() if CANARY.encode() in line)
        return Fault(LOGGED, line.decode(errors="replace")[:600])
    for line in log.splitlines():
        try:
            json.loads(line)
        except ValueError:
            return Fault(BAD_LOG, line.decode(errors="replace")[:300])
    return None


def _cost_fault(expected: Expected, reply: Reply) -> Fault | None:
    """Time and memory beyond what the model itself takes for outputs that were computed."""
    if reply.micros > MOST_MICROS:
        return Fault(SLOW, f"{reply.micros / 1e6:.2f} s: {expected.reason or 'valid'}")
    if reply.grown > MOST_GROWTH:
        return Fault(MEMORY, f"{reply.grown / 2**20:.0f} MB: {expected.reason or 'valid'}")
    return None
