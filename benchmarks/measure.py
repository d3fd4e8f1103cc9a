"""Starts each stack in turn, round after round, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.install import Installed
from benchmarks.peers import SERVER
from pilotlight.bench.emulator import Deployment, Emulator, check_result, children, start_environment
from pilotlight.local.event import WebRequest, rest_event
from pilotlight.local.routes import Route

PATH: Final = "/v2/models/digits/infer"
SECONDS_TO_START: Final = 60.0
SECONDS_TO_ANSWER: Final = 10.0
"""A server that is asked while it starts may accept a request and never answer it."""
ONE, MANY = 40, 10
"""Warm requests a round, of one image and of 64, after as many uncounted ones as UNCOUNTED."""
UNCOUNTED: Final = 3


class Round(NamedTuple):
    """One fresh process: milliseconds to the first answer and of each warm one, resident bytes after the first."""

    cold: float
    rss: int
    one: list[float]
    many: list[float]
    answer: list[float]


Ask = Callable[[bytes], tuple[float, Any]]
"""Sends a body; milliseconds, and the answer's document."""


def measure(installed: Installed, bodies: tuple[bytes, bytes], model: Path, emulator: Emulator) -> Round:
    """One round of one stack. bodies: requests of one image and of 64. model: the ONNX file, for servers."""
    if installed.stack.kind == SERVER:
        return _server(installed, bodies, model)
    layers = () if installed.packages is None else (installed.packages,)
    with start_environment(
        emulator._replace(python=installed.python), Deployment(installed.task, layers, start=installed.start)
    ) as environment:

        def ask(body: bytes) -> tuple[float, Any]:
            answered = environment.invoke(events[body])
            return answered.ms, json.loads(check_result(answered)["body"])

        events = {body: _event(body) for body in bodies}
        cold, document = ask(bodies[0])
        return _warm(cold, environment.rss(), document, bodies, ask)


def _warm(cold: float, rss: int, document: Any, bodies: tuple[bytes, bytes], ask: Ask) -> Round:
    one = [ask(bodies[0])[0] for _ in range(UNCOUNTED + ONE)][UNCOUNTED:]
    many = [ask(bodies[1])[0] for _ in range(UNCOUNTED + MANY)][UNCOUNTED:]
    outputs = document.get("outputs")
    return Round(cold, rss, one, many, outputs[0]["data"] if outputs else [])


def _server(installed: Installed, bodies: tuple[bytes, bytes], model: Path) -> Round:
    """From the start of the server's process until its first answer; the connection is tried every 2 ms."""
    began = time.perf_counter()
    with _running(installed, model) as (process, port):
        connection, cold, document = _first_answer(process, port, bodies[0], began)

        def ask(body: bytes) -> tuple[float, Any]:
            start = time.perf_counter()
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
            return (time.perf_counter() - start) * 1000, json.loads(answer)

        rss = sum(proportional_bytes(pid) for pid in tree_of(process.pid))
        found = _warm(cold, rss, document, bodies, ask)
        connection.close()
        return found


def _first_answer(
    process: subprocess.Popen[bytes], port: int, body: bytes, began: float
) -> tuple[http.client.HTTPConnection, float, Any]:
    while process.poll() is None and time.perf_counter() - began < SECONDS_TO_START:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            time.sleep(0.002)
            continue
        if response.status == 200:
            return connection, (time.perf_counter() - began) * 1000, json.loads(answer)
        connection.close()
        time.sleep(0.002)
    raise RuntimeError("the server gave no answer")


@contextmanager
def _running(installed: Installed, model: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(installed.python), str(installed.task / "server.py"), str(port), str(model)]
    with tempfile.TemporaryDirectory() as scratch:  # some servers write where they are started
        nowhere = subprocess.DEVNULL
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environ["TMPDIR"] = scratch
        process = subprocess.Popen(
            command, stdout=nowhere, stderr=nowhere, cwd=scratch, env=environ, start_new_session=True
        )
        try:
            yield process, port
        finally:
            for pid in reversed(tree_of(process.pid)):
                _end(pid)
            process.wait()


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has ended by itself
        return


def tree_of(pid: int) -> list[int]:
    """A process and all that it has started."""
    return [pid, *(below for child in children(pid) for below in tree_of(child))]


def proportional_bytes(pid: int) -> int:
    """Pss of proc(5): pages that processes share count in parts, so that a server's processes can be added up."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _event(body: bytes) -> bytes:
    """API Gateway's event for the request: the same bytes for every function."""
    headers = [("Content-Type", "application/json"), ("Accept", "*/*")]
    request = WebRequest("POST", PATH, headers, body, "bench", 0.0)
    return json.dumps(rest_event(request, Route("digits", "/v2/models/digits/{proxy+}", "infer"))).encode()
