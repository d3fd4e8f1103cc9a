"""Cold starts, warm requests and memory of one packaged function, measured in one of two ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from pilotlight.bench.emulator import Deployment, Emulator, check_result, start_environment
from pilotlight.bench.latency import Latency
from pilotlight.bench.process import measure_cold_start, measure_rss, measure_warm

Event = Mapping[str, Any]

_UNCOUNTED: Final = 5
"""Warm requests before the first that counts."""


class Workload(NamedTuple):
    """What a function is measured with.

    Attributes:
        one: The event of a request with one sample.
        many: The event of a request with several samples; None where the model takes only one.
        runs: How many cold starts.
        requests: How many warm requests of each event.
    """

    one: Event
    many: Event | None
    runs: int
    requests: int


class Measurement(NamedTuple):
    """What was measured.

    Attributes:
        cold: From the start of a process to its first response.
        one: Warm requests with one sample.
        many: Warm requests with several samples; None where the model takes only one.
        rss: Resident bytes after the first response; None where the system does not tell.
    """

    cold: Latency
    one: Latency
    many: Latency | None
    rss: int | None


def measure_in_processes(task: Path, load: Workload) -> Measurement:
    """Measure the function in the folder `task` in plain Python processes.

    Raises:
        ServiceError: A process fails, or the function's response is not 2xx.
    """
    return Measurement(
        measure_cold_start(task, load.one, load.runs),
        measure_warm(task, load.one, load.requests),
        None if load.many is None else measure_warm(task, load.many, load.requests),
        measure_rss(task, load.one),
    )


def measure_in_emulator(emulator: Emulator, deployment: Deployment, load: Workload) -> Measurement:
    """Measure a function in AWS's runtime emulator.

    Each cold start has an environment of its own. The warm requests go to the last one.

    Raises:
        ServiceError: The emulator fails, or the function's response is not 2xx.
    """
    one = json.dumps(load.one).encode()
    cold, sizes = [], []
    for run in range(load.runs):
        with start_environment(emulator, deployment) as environment:
            first = environment.invoke(one)
            check_result(first)
            cold.append(first.ms)
            sizes.append(environment.rss())
            if run + 1 < load.runs:
                continue
            warm = [environment.invoke(one).ms for _ in range(_UNCOUNTED + load.requests)]
            batch: list[float] = []
            if load.many is not None:
                many = json.dumps(load.many).encode()
                check_result(environment.invoke(many))
                batch = [environment.invoke(many).ms for _ in range(load.requests)]
    several = Latency(tuple(batch)) if batch else None
    return Measurement(Latency(tuple(cold)), Latency(tuple(warm[_UNCOUNTED:])), several, int(median(sizes)))
