"""Sends a slice of a function's events, with a known good request after every few, and collects what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fuzz.events.generator import Event, draw_event, draw_valid
from fuzz.oracle.answers import Fault
from fuzz.packaging import Packaged
from fuzz.running.function import Function, Reply
from fuzz.running.judge import DEATH, POISONED, is_right, judge

EVERY = 8
"""Events between two good requests."""

_BATCH = 128
_MOST_TRIES = 2000


@dataclass(frozen=True)
class Finding:
    """Something wrong. events: what to send to a fresh process to see it; the last one shows it."""

    target: str
    number: int
    fault: Fault
    events: tuple[Event, ...]


@dataclass
class Tally:
    """What a slice has come to. statuses: 0 counts answers without one. findings: the first few of each kind."""

    events: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds another slice."""
        self.events += other.events
        self.statuses += other.statuses
        self.faults += other.faults
        self.findings += other.findings


class Session:
    """A function under test. keep: how many findings of a kind are kept with their events."""

    def __init__(self, packaged: Packaged, seed: int, keep: int = 2) -> None:
        self.packaged = packaged
        self._seed = seed
        self._keep = keep
        self._good = find_good(packaged)
        self._tally = Tally()

    def run(self, numbers: range) -> Tally:
        """Sends the events of these numbers; FunctionError where the function does not start."""
        self._tally = Tally()
        with Function(self.packaged.folder) as function:
            queue: list[tuple[int, Event]] = []
            for number in numbers:
                queue.append((number, draw_event(self._seed, number, self.packaged)))
                if number % EVERY == EVERY - 1 or number == numbers[-1]:
                    queue.append((-1, self._good))
                if len(queue) >= _BATCH or number == numbers[-1]:
                    self._send(function, queue)
                    queue = []
        return self._tally

    def _send(self, function: Function, queue: list[tuple[int, Event]]) -> None:
        """Sends a batch; after a death, what is left of it, to a new process."""
        since_good: list[tuple[int, Event]] = []
        while queue:
            replies, death = function.call([event for _, event in queue])
            for (number, event), reply in zip(queue, replies, strict=False):
                since_good = self._take(function, number, event, reply, since_good)
            rest = queue[len(replies) :]
            if not death:
                return
            number, event = rest[0]
            before = tuple(event for _, event in since_good)
            self._note(number, Fault(DEATH, death), (*before, event))
            self._tally.statuses[0] += 1
            queue, since_good = rest[1:], []

    def _take(
        self, function: Function, number: int, event: Event, reply: Reply, since_good: list[tuple[int, Event]]
    ) -> list[tuple[int, Event]]:
        """Judges a reply; returns the events since the last good request."""
        status, fault = judge(self.packaged, event, reply)
        if number >= 0:
            self._tally.events += 1
            self._tally.statuses[status] += 1
            if fault is not None:
                self._note(number, fault, (event,))
            return [*since_good, (number, event)]
        if fault is not None:
            self._blame(fault, since_good)
            function.stop()
        return []

    def _blame(self, fault: Fault, suspects: list[tuple[int, Event]]) -> None:
        """Finds the one event after which the good request fails, or names all of them."""
        found = Fault(POISONED, f"{fault.kind}: {fault.detail}")
        for number, suspect in suspects:
            with Function(self.packaged.folder) as fresh:
                replies, _ = fresh.call([suspect, self._good])
                if len(replies) == 2 and judge(self.packaged, self._good, replies[1])[1] is not None:
                    self._note(number, found, (suspect, self._good))
                    return
        last = suspects[-1][0] if suspects else -1
        self._note(last, found, (*(event for _, event in suspects), self._good))

    def _note(self, number: int, fault: Fault, events: tuple[Event, ...]) -> None:
        name = self.packaged.target.name
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
