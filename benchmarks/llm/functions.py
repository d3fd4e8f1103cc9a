"""A function's process under the Runtime API of this machine, from its start."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.bench.prices import MEMORY_PER_VCPU_MB
from pilotlight.local.runtime_api import RuntimeApi

SECONDS: Final = 60.0
"""For one answer: past it the round has failed."""


class Function(NamedTuple):
    """What is started.

    Attributes:
        command: The runtime client's command.
        folders: Where its modules are: the function's folder first.
        environ: Variables besides those that Lambda sets.
    """

    command: tuple[str, ...]
    folders: tuple[Path, ...]
    environ: Mapping[str, str] = {}


class Running:
    """A started function. `began` is when its process was started, on time.perf_counter's clock."""

    def __init__(self, api: RuntimeApi, process: subprocess.Popen[bytes], began: float, log: Path) -> None:
        self.began = began
        self._api = api
        self._process = process
        self._log = log

    def invoke(self, event: Mapping[str, Any]) -> Iterator[bytes]:
        """Sends an event and yields the parts of the answer as they arrive.

        Raises:
            RuntimeError: The function fails; the message has the end of its log.
        """
        with self._api.invoke(json.dumps(event).encode(), timeout=SECONDS) as answer:
            try:
                yield from answer
            except TimeoutError as error:
                raise self._failed(str(error)) from error
            if answer.fault is not None:
                raise self._failed(str(answer.fault))

    def rss(self) -> int:
        """Resident bytes, the most so far (VmHWM of proc(5))."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    def _failed(self, why: str) -> RuntimeError:
        said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return RuntimeError(f"the function gave no answer: {why}\n{said}")


@contextmanager
def start_function(function: Function, threads: int) -> Iterator[Running]:
    """Starts a process with the memory that buys so many threads; it ends with the block."""
    with tempfile.TemporaryDirectory() as scratch, RuntimeApi() as api:
        log = Path(scratch) / "log.txt"
        environ = _environ(function, threads, api.address) | {"TMPDIR": scratch, "HOME": scratch}
        with log.open("wb") as output:
            began = time.perf_counter()
            process = subprocess.Popen(
                function.command, cwd=function.folders[0], env=environ, stdout=output, stderr=output
            )
            try:
                yield Running(api, process, began, log)
            finally:
                process.kill()
                process.wait()


def _environ(function: Function, threads: int, address: str) -> dict[str, str]:
    """What Lambda sets (Developer Guide, "Defined runtime environment variables")."""
    task = function.folders[0]
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, function.folders)),
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": "app.handler",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY_PER_VCPU_MB * threads),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "BENCH_THREADS": str(threads),
        **function.environ,
    }
