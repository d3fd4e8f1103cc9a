"""The work of a fuzzing run in several processes: packaging, slices of events, shrinking."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

from fuzz.packaging import Packaged, package_targets
from fuzz.running.session import Finding, Session, Tally
from fuzz.running.shrink import shrink
from fuzz.targets import Target, all_targets

SLICE = 400
"""The most events of one function in turn."""


class Place(NamedTuple):
    """A packaged function between processes; targets themselves do not travel."""

    name: str
    folder: str
    version: str


class Job(NamedTuple):
    """A slice of a function's events, from `start` up to `stop`."""

    place: Place
    seed: int
    start: int
    stop: int


class Pool:
    """Processes that do the work."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def package(self, root: Path, names: Sequence[str]) -> list[Place]:
        """Packages the targets of these names, in the same order. root: an empty folder."""
        parts = [names[part :: self._processes] for part in range(self._processes)]
        tasks = [self._pool.submit(_package, root / str(part), names) for part, names in enumerate(parts) if names]
        found = {place.name: place for task in tasks for place in task.result()}
        return [found[name] for name in names]

    def run(self, jobs: Iterable[Job]) -> Iterator[Tally]:
        """The results of jobs as they come. One job more than there are processes is taken at a time."""
        waiting: set[Future[Tally]] = set()
        for job in jobs:
            waiting.add(self._pool.submit(_run, job))
            if len(waiting) > self._processes:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (task.result() for task in done)
        yield from (task.result() for task in waiting)

    def shrink(self, findings: Sequence[tuple[Place, Finding]]) -> list[Finding]:
        """Smaller forms of findings, in the same order."""
        return [task.result() for task in [self._pool.submit(_shrink, *finding) for finding in findings]]


def plan(
    places: Sequence[Place], seed: int, events: int, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Job]:
    """Plans slices: `events` in all, or as many as `seconds` allow where they are not 0.

    Args:
        places: The functions.
        seed: The run's.
        events: How many events all functions get together.
        seconds: When to stop; 0 to stop after `events`.
        clock: Seconds, monotonic.

    Yields:
        Jobs, all functions in turn.
    """
    end = clock() + seconds
    each = -(-events // len(places))
    for start in itertools.count(0, SLICE):
        for place in places:
            stop = start + SLICE if seconds else min(start + SLICE, each)
            if stop <= start or (seconds and clock() > end):
                return
            yield Job(place, seed, start, stop)


def restore(place: Place) -> Packaged:
    """The packaged function at a place."""
    return Packaged(_targets()[place.name], place.folder, place.version)


@cache
def _targets() -> dict[str, Target]:
    return all_targets()


def _package(root: Path, names: Sequence[str]) -> list[Place]:
    found = package_targets(root, [_targets()[name] for name in names])
    return [Place(name, packaged.folder, packaged.version) for name, packaged in found.items()]


def _run(job: Job) -> Tally:
    return Session(restore(job.place), job.seed).run(range(job.start, job.stop))


def _shrink(place: Place, finding: Finding) -> Finding:
    return shrink(restore(place), finding)
