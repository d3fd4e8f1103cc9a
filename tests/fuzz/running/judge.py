"""Judges a function's reply to an event: the answer, and what the function did beside answering."""

from __future__ import annotations

import json
from typing import NamedTuple

from fuzz.arrays import CANARY
from fuzz.events.generator import Event
from fuzz.oracle.answers import EXCEPTION, Fault, find_fault
from fuzz.oracle.expected import Expected
from fuzz.oracle.oracle import expect
from fuzz.packaging import Packaged
from fuzz.running.function import Reply

DEATH, LOGGED, BAD_LOG, SLOW, MEMORY, POISONED = (
    *("process death", "payload in the log", "log line that is no JSON"),
    *("over 1 s of CPU time", "over 256 MB of memory", "a good request fails after this one"),
)
MOST_MICROS = 1_000_000
MOST_GROWTH = 256 * 2**20
MICROS_OF_ELEMENT, BYTES_OF_ELEMENT = 0.02, 8
"""What a model takes for an element of its output; more than is in memory at once only takes time."""


class Judged(NamedTuple):
    """A reply's status, 0 where it has none, and the worst that is wrong with it, if anything.

    by_model: Whether the event went as far as the engine, and should be refused.
    """

    status: int
    fault: Fault | None
    by_model: bool = False


def judge(packaged: Packaged, event: Event, reply: Reply) -> Judged:
    """Judges a reply.

    Args:
        packaged: The function.
        event: The event.
        reply: What came of it.

    Returns:
        The status, and what is wrong.
    """
    if not reply.answer:
        return Judged(0, None)  # Lambda's own parser would not have read the event
    if reply.raised:
        return Judged(0, Fault(EXCEPTION, reply.answer.decode(errors="replace")[:300]))
    expected = expect(packaged, event.value)
    status, fault = find_fault(packaged, expected, reply.answer)
    return Judged(status, fault or _log_fault(reply.log) or _cost_fault(expected, reply), expected.by_model)


def is_right(packaged: Packaged, event: Event) -> bool:
    """Whether an event is valid and has one right answer with values in it: it shows whether the model still works."""
    expected = expect(packaged, event.value)
    if expected.statuses or expected.lenient or expected.unknown:
        return False
    if expected.outputs is None:
        return expected.document is not None and not packaged.target.outputs
    return any(array.size for array in expected.outputs.values())


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
    """Time and memory beyond what the model itself takes for its outputs."""
    if reply.micros > MOST_MICROS + expected.elements * MICROS_OF_ELEMENT:
        return Fault(SLOW, f"{reply.micros / 1e6:.2f} s: {expected.reason or 'valid'}")
    if reply.grown > MOST_GROWTH + expected.elements * BYTES_OF_ELEMENT:
        return Fault(MEMORY, f"{reply.grown / 2**20:.0f} MB: {expected.reason or 'valid'}")
    return None
