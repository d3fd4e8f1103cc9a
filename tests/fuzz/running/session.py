"""Sends a slice of a function's events, with a known good request after every few, and collects what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from fuzz.allowed import find_reason
from fuzz.events.generator import Event, draw_event, draw_valid
from fuzz.oracle.answers import Fault
from fuzz.packaging import Packaged
from fuzz.running.function import Function, Reply
from fuzz.running.judge import DEATH, POISONED, Judged, is_right, judge

EVERY = 8
"""Events between two good requests."""

FRESH_CHECKS = 6
"""Events that only the engine can refuse are the first of a new process too, so many of a slice: there nothing that
earlier requests have allocated hides what they break."""

MOST_BLAMES = 4
"""Good requests of a slice that failed, for each of which the one event to blame is looked for."""

GOOD = -1
"""The number of a good request."""

Numbered = tuple[int, Event]

_BATCH = 128
_MOST_TRIES = 2000


class Finding(NamedTuple):
    """Something wrong. events: what to send to a fresh process to see it; the last one shows it."""

    target: str
    number: int
    fault: Fault
    events: tuple[Event, ...]


@dataclass
class Tally:
    """What a slice has come to. statuses: 0 counts answers without one. allowed: by reason, see fuzz.allowed.

    faults: by function and kind. findings: the first few of each kind."""

    events: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    allowed: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds another slice."""
        self.events += other.events
        self.statuses += other.statuses
        self.faults += other.faults
        self.allowed += other.allowed
        self.findings += other.findings


class Session:
    """A function under test. keep: how many findings of a kind are kept with their events."""

    def __init__(self, packaged: Packaged, seed: int, keep: int = 2) -> None:
        self.packaged = packaged
        self._seed = seed
        self._keep = keep
        self._good = find_good(packaged)
        self._tally = Tally()
        self._fresh_checks = self._blames = 0
        self._sent: list[Event] = []  # to this process

    def run(self, numbers: range) -> Tally:
        """Sends the events of these numbers; FunctionError where the function does not start."""
        self._tally = Tally()
        with Function(self.packaged.folder) as function:
            queue: list[Numbered] = []
            for number in numbers:
                queue.append((number, draw_event(self._seed, number, self.packaged)))
                if number % EVERY == EVERY - 1 or number == numbers[-1]:
                    queue.append((GOOD, self._good))
                if len(queue) >= _BATCH or number == numbers[-1]:
                    self._send(function, queue)
                    queue = []
        return self._tally

    def _send(self, function: Function, queue: list[Numbered]) -> None:
        """Sends a batch. After a death or a good request that fails, the rest goes to a new process."""
        while queue:
            replies, death = function.call([event for _, event in queue])
            taken, harmed = self._take(queue, replies)
            if not harmed and death and taken < len(queue):
                number, event = queue[taken]
                self._note(number, Fault(DEATH, death), (*self._sent, event))
                self._tally.statuses[0] += 1
                taken += 1
            if harmed or death:
                function.stop()
                self._sent.clear()
            queue = queue[taken:]

    def _take(self, queue: list[Numbered], replies: list[Reply]) -> tuple[int, bool]:
        """Judges replies up to a good request that fails; returns how many, and whether there was one."""
        suspects: list[Numbered] = []
        for place, ((number, event), reply) in enumerate(zip(queue, replies, strict=False)):
            judged = judge(self.packaged, event, reply)
            if number != GOOD:
                self._count(number, event, judged)
                suspects.append((number, event))
            elif judged.fault is not None:
                self._blames += 1
                if self._blames > MOST_BLAMES or not any(self._harms(*suspect) for suspect in suspects):
                    found = Fault(POISONED, f"{judged.fault.kind}: {judged.fault.detail}")
                    self._note(suspects[-1][0] if suspects else GOOD, found, (*self._sent, self._good))
                return place + 1, True
            else:
                suspects = []
            self._sent.append(event)
        return len(replies), False

    def _count(self, number: int, event: Event, judged: Judged) -> None:
        self._tally.events += 1
        self._tally.statuses[judged.status] += 1
        if judged.fault is not None:
            self._note(number, judged.fault, (event,))
        if judged.by_model and self._fresh_checks < FRESH_CHECKS:
            self._fresh_checks += 1
            self._harms(number, event)

    def _harms(self, number: int, event: Event) -> bool:
        """Whether the good request fails in a new process after this event alone."""
        with Function(self.packaged.folder) as fresh:
            replies, _ = fresh.call([event, self._good])
        fault = judge(self.packaged, self._good, replies[1]).fault if len(replies) == 2 else None
        if fault is not None:
            self._note(number, Fault(POISONED, f"{fault.kind}: {fault.detail}"), (event, self._good))
        return fault is not None

    def _note(self, number: int, fault: Fault, events: tuple[Event, ...]) -> None:
        name = self.packaged.target.name
        self._tally.events += fault.kind == DEATH
        why = find_reason(name, fault)
        if why:
            self._tally.allowed[why] += 1
            return
        self._tally.faults[name, fault.kind] += 1
        if self._tally.faults[name, fault.kind] <= self._keep:
            self._tally.findings.append(Finding(name, number, fault, events))


def find_good(packaged: Packaged) -> Event:
    """The known good request of a function: the first drawn one whose one right answer the oracle knows.

    Args:
        packaged: The function.

    Returns:
        The event.

    Raises:
        LookupError: There is none.
    """
    for seed in range(_MOST_TRIES):
        event = draw_valid(seed, packaged)
        if len(event.text) < 10_000 and is_right(packaged, event):
            return event
    raise LookupError(f"no valid request for {packaged.target.name}")
