"""A packaged function in fresh processes of the Python that runs this: what its own code costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pilotlight.bench.latency import Latency
from pilotlight.core.documents import read_json
from pilotlight.core.errors import ServiceError
from pilotlight.core.outside import Origin

_CHILD: Final = Path(__file__).parent / "child.py"
_AS_IN_LAMBDA: Final = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
"""The process answers for a function's, so the runtime starts in it as it does in Lambda. Nothing connects there."""


def measure_cold_start(
    package_folder: Path, event: Mapping[str, Any], runs: int, clock: Callable[[], float] = time.perf_counter
) -> Latency:
    """Measure how long fresh Python processes take to their first response.

    Each process starts the interpreter that runs this program, imports the packaged app.py (which loads the model,
    checks its files and warms it up), handles the event and writes a line, at which the clock stops. Nothing is
    subtracted. The runtime comes from this installation. Not included is what Lambda adds: fetching the zip, the
    runtime client and another processor.

    Args:
        package_folder: The packaged function.
        event: The event of one request.
        runs: How many processes are started.
        clock: Seconds.

    Returns:
        Milliseconds of each process.

    Raises:
        ServiceError: A process fails, or the status of its response is not 2xx.
    """
    took = []
    for _ in range(runs):
        began = clock()
        _, ended, _ = _answers(package_folder, event, 1, clock)
        took.append((ended - began) * 1000)
    return Latency(tuple(took))


def measure_warm(package_folder: Path, event: Mapping[str, Any], runs: int) -> Latency:
    """Measure how long the handler takes, from event to response, in one process that is already warm.

    Args:
        package_folder: The packaged function.
        event: The event of one request.
        runs: How many requests are counted; the first request is not.

    Returns:
        Milliseconds of each request.

    Raises:
        ServiceError: The process fails, or the status of a response is not 2xx.
    """
    answers, _, _ = _answers(package_folder, event, runs + 1, time.perf_counter)
    return Latency(tuple(answer["ms"] for answer in answers[1:]))


def measure_rss(package_folder: Path, event: Mapping[str, Any]) -> int | None:
    """Return the resident bytes of a fresh process after its first response; None on a system without /proc."""
    return _answers(package_folder, event, 1, time.perf_counter)[2]


def _answers(
    folder: Path, event: Mapping[str, Any], count: int, clock: Callable[[], float]
) -> tuple[list[dict[str, Any]], float, int | None]:
    """The responses of the child process, the clock's reading when they arrived, and its resident bytes."""
    command = [sys.executable, str(_CHILD), str(folder), str(count)]
    with tempfile.TemporaryFile("w+") as question, tempfile.TemporaryFile("w+") as said:
        json.dump(event, question)
        question.seek(0)
        environ = {**os.environ, **_AS_IN_LAMBDA}
        with subprocess.Popen(
            command, stdin=question, stdout=subprocess.PIPE, stderr=said, text=True, env=environ
        ) as child:
            line = child.stdout.readline() if child.stdout else ""
            arrived = clock()
            last_line = child.stdout.readline() if child.stdout else ""
            if child.stdout:
                child.stdout.read()  # what app.py has printed besides, so that the process can end
        if child.returncode != 0 or not line:
            said.seek(0)
            last = (said.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ServiceError(str(folder), f"did not start ({last})", "Run `pilotlight serve` to see it in full.")
    origin = Origin(str(folder), "Let its app.py print only to stderr: stdout has the measurements.", ServiceError)
    match read_json(line, origin), read_json(last_line or "null", origin):
        case [*answers], int() | None as rss if all(isinstance(answer, dict) for answer in answers):
            pass
        case _:
            raise origin.refuse("printed something between the measurements")
    for answer in answers:
        if not _is_success(answer.get("status")):
            raise ServiceError(
                str(folder), f"answered {answer.get('status')} to the sample", "Measure with a valid event."
            )
    return answers, arrived, rss


def _is_success(status: object) -> bool:
    return isinstance(status, int) and 200 <= status < 300
