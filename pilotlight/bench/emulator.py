"""A packaged function under AWS's Lambda Runtime Interface Emulator, without Docker.

The emulator starts the runtime client, which imports the function, when the first invocation arrives: so the first
answer's time is a whole cold start, from the start of the process on. What AWS adds is not in it: the placement of an
environment, and fetching the zip.

    aws-lambda-rie ── starts ──▶ python -m awslambdaric app.handler ── imports ──▶ app.py
                   ── starts ──▶ /opt/pilotlight-start ── starts ──▶ our client ── imports ──▶ app.py
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from pilotlight.core.documents import InvalidDocument, parse_json
from pilotlight.core.errors import ServiceError

_PATH: Final = "/2015-03-31/functions/function/invocations"
_SECONDS_TO_LISTEN: Final = 10.0
_SECONDS_TO_ANSWER: Final = 300.0


class Emulator(NamedTuple):
    """The emulator and what it runs.

    Attributes:
        binary: aws-lambda-rie.
        python: What Lambda has as /var/lang/bin/python3.
        client: A folder that holds awslambdaric, with the version of Python at the end of its name.
    """

    binary: Path
    python: Path
    client: Path

    @property
    def python_version(self) -> str:
        """The version of Python that runs the function, such as 3.13."""
        return self.client.name.rpartition("-")[2]


class Deployment(NamedTuple):
    """What would be deployed to Lambda.

    Attributes:
        task: The function's folder.
        layers: Folders that hold packages, each /opt/python in Lambda.
        memory_mb: The function's memory, in MiB.
        start: The file that AWS_LAMBDA_EXEC_WRAPPER names; None for AWS's runtime client.
    """

    task: Path
    layers: tuple[Path, ...] = ()
    memory_mb: int = 1769
    start: Path | None = None


class TimedResult(NamedTuple):
    """What the function returned, and how long it took.

    Attributes:
        result: The function's return value.
        ms: Milliseconds from before the connection until the whole response has arrived.
    """

    result: Any
    ms: float


class Environment:
    """One running execution environment, cold until the first `invoke`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
        self._process = process
        self._port = port
        self._log = log

    def invoke(self, event: bytes, clock: Callable[[], float] = time.perf_counter) -> TimedResult:
        """Send one event and wait for the function's result.

        Args:
            event: A JSON document.
            clock: Seconds.

        Raises:
            ServiceError: The function returns nothing or fails; the message has the last line of its log.
        """
        began = clock()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS_TO_ANSWER)
        try:
            connection.request("POST", _PATH, event)
            answer = connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(str(error)) from error
        finally:
            connection.close()
        took = (clock() - began) * 1000
        try:
            result = parse_json(answer)
        except InvalidDocument as error:
            raise self._failed(answer.decode("utf-8", "replace")) from error
        if isinstance(result, dict) and "errorMessage" in result:
            raise self._failed(str(result["errorMessage"]))
        return TimedResult(result, took)

    def rss(self) -> int:
        """Resident bytes of the function's process, 0 while it is cold (VmRSS of proc(5))."""
        return sum(_resident(pid) for pid in children(self._process.pid))

    def _failed(self, said: str) -> ServiceError:
        self._log.seek(0)
        last = (self._log.read().decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        return ServiceError("the emulator", f"gave no answer ({said}; its log ends: {last})", "Try `pilotlight serve`.")


@contextmanager
def start_environment(emulator: Emulator, deployment: Deployment) -> Iterator[Environment]:
    """Start a fresh execution environment, ready for its first event; it ends with the block.

    Raises:
        ServiceError: The emulator did not open its port.
    """
    port, api = _free_ports()
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{api}"]
    # As AWS's bootstrap does: a wrapper is executed with the interpreter and what it would run.
    wrapper = [] if deployment.start is None else [str(deployment.start)]
    command = [str(emulator.binary), *addresses, *wrapper, str(emulator.python), "-m", "awslambdaric", "app.handler"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=deployment.task, env=_environ(emulator, deployment), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(port, process)
            yield Environment(process, port, log)
        finally:
            for pid in [*children(process.pid), process.pid]:
                _end(pid)
            process.wait()


def check_result(timed: TimedResult) -> Mapping[str, Any]:
    """Return the function's HTTP response.

    Raises:
        ServiceError: Its status is not 2xx.
    """
    result = timed.result
    status = result.get("statusCode") if isinstance(result, dict) else None
    if not isinstance(status, int) or not 200 <= status < 300:
        raise ServiceError("the function", f"answered {status} to the sample", "Measure with a valid request.")
    response: Mapping[str, Any] = result
    return response


def children(pid: int) -> list[int]:
    """Return the child processes of the process `pid` that still run (proc(5))."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in path.read_text(encoding="ascii").split()]
        except OSError:  # the thread has ended meanwhile
            continue
    return found


def _environ(emulator: Emulator, deployment: Deployment) -> dict[str, str]:
    """What Lambda sets (Developer Guide, "Defined runtime environment variables"), and its read-only file system."""
    paths = [deployment.task, *deployment.layers, emulator.client]
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": tempfile.gettempdir(),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(deployment.task),
        "AWS_SAM_LOCAL": "true",  # `sam local` sets it: this emulator passes no stream on
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployment.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(_SECONDS_TO_ANSWER)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_LISTEN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise ServiceError("the emulator", "did not open its port", "Run it by hand to see its output.")


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has ended by itself
        return
