"""A packaged function in a process of its own, and all that it leaves: logs, metrics, traces and files."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.local.runtime_api import CompleteResponse, RuntimeApi
from pilotlight.local.runtime_api.faults import build_fault
from pilotlight_runtime.json_text import dumps
from support.streaming_function import AWS, OWN

__all__ = ["AWS", "OWN", "WatchedFunction", "watching"]

SAMPLED: Final = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
"""The header of a trace that X-Ray keeps."""

_PATIENCE: Final = 20.0


class WatchedFunction(NamedTuple):
    """A function that runs. root: a folder that has its code, its log and its temporary files.

    daemon: a socket in the place of X-Ray's daemon, which every traced function has beside it. segments: what it got.
    """

    api: RuntimeApi
    process: subprocess.Popen[bytes]
    root: Path
    daemon: socket.socket
    segments: list[bytes]

    @property
    def log(self) -> bytes:
        """What it has written to stdout and stderr, metrics included."""
        return (self.root / "log.txt").read_bytes()

    def call(self, event: object, timeout: float = 29.0) -> CompleteResponse | None:
        """Send an event; None where there is no answer in time, after which the process is ended as Lambda does."""
        content = event if isinstance(event, bytes) else dumps(event).encode()
        try:
            with self.api.invoke(content, timeout=timeout, trace_id=SAMPLED) as invocation:
                return invocation.read()
        except TimeoutError:
            self.end()
            return None

    def leave(self, event: object) -> bytes:
        """Send an event, and leave after the first part of its answer; returns that part."""
        with self.api.invoke(json.dumps(event).encode(), timeout=29.0) as invocation:
            return next(iter(invocation), b"")

    def wait_for_lines(self, count: int) -> None:
        """Wait until the log has lines of `count` requests; the line of a stream comes after its last byte."""
        ends = time.monotonic() + _PATIENCE
        while self.log.count(b'"message":"request"') < count:
            assert time.monotonic() < ends, self.log.decode(errors="replace")[-3000:]
            time.sleep(0.01)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self.api.end(build_fault("Runtime.ExitError", "the process was ended"))

    def traces(self) -> bytes:
        """What the function has told X-Ray: segments, and the headers and paths of its requests to the Runtime API."""
        while True:
            try:
                self.segments.append(self.daemon.recv(65_536))
            except BlockingIOError:
                break
        headers = [f"{name}: {value}".encode() for it in self.api.requests for name, value in it.headers]
        return b"\n".join([*(it.path.encode() for it in self.api.requests), *headers, *self.segments])

    def written(self) -> dict[str, bytes]:
        """The files below the root, the log apart, and those that the process holds without a name."""
        files = {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and path.name != "log.txt"
        }
        return {**files, **_nameless_files(self.process.pid)}


def _nameless_files(process: int) -> dict[str, bytes]:
    """Deleted files that a process still has open, and files in memory (proc(5), /proc/pid/fd)."""
    found = {}
    folder = Path(f"/proc/{process}/fd")
    for link in folder.iterdir() if folder.is_dir() else ():
        try:
            target = str(link.readlink())
            if target.endswith(" (deleted)"):
                found[target] = link.read_bytes()
        except OSError:  # it is closed meanwhile
            continue
    return found


@contextmanager
def watching(root: Path, client: tuple[str, ...] = OWN, **environ: str) -> Iterator[WatchedFunction]:
    """Start the function in `root`/function with a client, and end it with the block."""
    folder, temporary, log = root / "function", root / "tmp", root / "log.txt"
    temporary.mkdir()
    flags = ("-I", "-S", "-u") if client is OWN else ("-u",)
    with (
        RuntimeApi() as api,
        log.open("wb") as output,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon,
    ):
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(0)
        variables: dict[str, Any] = {
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(temporary),
            "HOME": str(temporary),
            "_HANDLER": "app.handler",
        }
        command = [sys.executable, *flags, *client]
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables, **environ}, stdout=output, stderr=output
        )
        try:
            assert api.wait_until_initialized(30) is None, log.read_text()
            yield WatchedFunction(api, process, root, daemon, [])
        finally:
            process.kill()
            process.wait()
