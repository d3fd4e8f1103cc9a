"""A client as a process of its own, in folders as Lambda lays them out."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

LAYER: Final = Path(__file__).parents[3] / "layers" / "runtime"
BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
CLIENTS: Final = ("aws", "ours")
_FUNCTION: Final = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "AWS_LAMBDA_FUNCTION_NAME": "digits",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/digits",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/26/[7]abc",
    "AWS_REGION": "eu-west-1",
    "LANG": "en_US.UTF-8",
    "PATH": os.environ.get("PATH", os.defpath),
    "TZ": ":UTC",
}


def runtime_folder() -> str:
    """Returns the folder with AWS's client and its packages, as LAMBDA_RUNTIME_DIR has them."""
    found = importlib.util.find_spec("awslambdaric")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parents[1])


def lay_out(folder: Path, app: str, files: Mapping[str, str]) -> None:
    """Writes the function to folder/task and the layer to folder/opt."""
    task, layer = folder / "task", folder / "opt"
    for name, text in {"app.py": app, **files}.items():
        path = task / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    layer.mkdir(parents=True)
    shutil.copy(LAYER / "pilotlight-start", layer)
    (layer / "python").symlink_to(LAYER)


def write_command(client: str, folder: Path) -> list[str]:
    """Returns what Lambda executes: the wrapper with AWS's command, where a wrapper is set."""
    command = [sys.executable, str(BOOTSTRAP)]
    return command if client == "aws" else [str(folder / "opt" / "pilotlight-start"), *command]


class Output(NamedTuple):
    """What a process has written, complete once it has ended."""

    stdout: bytes
    stderr: bytes
    telemetry: bytes


class Running:
    """A client that runs. `wait` and `stop` return its status, as subprocess gives it."""

    def __init__(self, process: subprocess.Popen[bytes], readers: Mapping[str, _Reader]) -> None:
        self.process = process
        self._readers = readers

    @property
    def status(self) -> int | None:
        return self.process.poll()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int | None:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> Output:
        """Ends the process and its children as Lambda does, where they have not ended themselves."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        return Output(**{name: reader.read_all() for name, reader in self._readers.items()})

    def stdout_so_far(self) -> bytes:
        return bytes(self._readers["stdout"].data)


class _Reader(threading.Thread):
    """Collects what comes out of a pipe, until every process that holds its other end has closed it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.data = bytearray()
        self.start()

    def run(self) -> None:
        while piece := os.read(self._pipe.fileno(), 65536):
            self.data += piece

    def read_all(self) -> bytes:
        self.join(5)
        self._pipe.close()
        return bytes(self.data)


@contextmanager
def started(
    client: str,
    folder: Path,
    address: str,
    *,
    handler: str = "app.handler",
    environ: Mapping[str, str] = {},
    telemetry: bool = False,
    on_exit: Callable[[int], object] = lambda _status: None,
) -> Iterator[Running]:
    """Runs a client on the function in `folder` until the block ends.

    Args:
        client: aws or ours.
        folder: As `lay_out` makes it.
        address: Of the Runtime API.
        handler: The handler's name.
        environ: Variables of the function, which take precedence.
        telemetry: Whether there is a descriptor for framed log records.
        on_exit: Is told the status when the process ends.
    """
    incoming, outgoing = os.pipe()
    given = {
        **_FUNCTION,
        "AWS_LAMBDA_RUNTIME_API": address,
        "LAMBDA_RUNTIME_DIR": runtime_folder(),
        "LAMBDA_TASK_ROOT": str(folder / "task"),
        "_HANDLER": handler,
        **({"_LAMBDA_TELEMETRY_LOG_FD": str(outgoing)} if telemetry else {}),
        **environ,
    }
    process = subprocess.Popen(
        write_command(client, folder),
        cwd=folder / "task",
        env=given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[outgoing],
        start_new_session=True,
    )
    os.close(outgoing)
    pipes = {"stdout": process.stdout, "stderr": process.stderr, "telemetry": os.fdopen(incoming, "rb", buffering=0)}
    running = Running(process, {name: _Reader(pipe) for name, pipe in pipes.items() if pipe is not None})
    watch = threading.Thread(target=lambda: on_exit(process.wait()), daemon=True)
    watch.start()
    try:
        yield running
    finally:
        running.stop()
        watch.join(10)
