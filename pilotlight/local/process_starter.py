"""Starts the processes of functions: as copies of one process on Linux, as fresh ones elsewhere.

Elsewhere the libraries of the system are not made for copies of a process that has loaded them.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from pilotlight.local.template_process import LONGEST_MESSAGE, SECONDS_TO_END
from pilotlight.local.worker import Descriptors


class ChildProcess(Protocol):
    """A process that was started for a function."""

    @property
    def pid(self) -> int:
        """The process' id, and that of its process group."""

    def wait(self) -> int | None:
        """Wait for the end of a process that was killed or has closed its channel, and kill one that stays.

        Returns:
            The exit code; -N where signal N ended it; None where nobody knows it.
        """


class ProcessStarter(Protocol):
    """Starts processes until its block ends."""

    def start(self, name: str, descriptors: Descriptors) -> ChildProcess:
        """Start a process for a function."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End."""


class FreshProcesses:
    """Starts an interpreter for each function."""

    def start(self, name: str, descriptors: Descriptors) -> ChildProcess:
        """See ProcessStarter.start."""
        imports = "from pilotlight.local.worker import Descriptors, answer_events"
        return _Fresh(_start_python(f"{imports}; answer_events({name!r}, {descriptors!r})", *descriptors))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class CopiedProcesses:
    """Starts copies of a process that has imported the runtime; see template_process.py."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._control: socket.socket | None = None
        self._template: subprocess.Popen[bytes] | None = None

    def start(self, name: str, descriptors: Descriptors) -> ChildProcess:
        """See ProcessStarter.start. A template that has ended is started again."""
        try:
            reply = self._ask({"start": name}, *descriptors)
        except OSError:
            self._end_template()
            self._start_template()
            reply = self._ask({"start": name}, *descriptors)
        return _Copy(self, int(reply["pid"]))

    def wait(self, pid: int) -> int | None:
        """Wait until a copy has ended. Return its exit code; None where its template has ended, which alone knew it."""
        try:
            code: int | None = self._ask({"wait": pid})["code"]
        except OSError:
            return None
        return code

    def __enter__(self) -> Self:
        self._start_template()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_template()

    def _ask(self, question: dict[str, Any], *descriptors: int) -> dict[str, Any]:
        """Send a question and return the reply; OSError where the template has ended."""
        with self._asking:
            if self._control is None:
                raise ConnectionError
            try:
                return _exchange(self._control, question, descriptors)
            except BaseException:  # also Ctrl-C: the reply that is due would be taken for that of the next question
                self._control.close()
                self._control = None
                raise

    def _start_template(self) -> None:
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with self._asking, other:
            self._control = own
            call = f"from pilotlight.local.template_process import main; main({other.fileno()})"
            self._template = _start_python(call, other.fileno())

    def _end_template(self) -> None:
        with self._asking:
            if self._control is not None:
                self._control.close()
            if self._template is not None:
                with suppress(OSError):
                    self._template.kill()
                self._template.wait()
            self._control = self._template = None


class _Fresh:
    """An interpreter of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self._process = process

    def wait(self) -> int:
        try:
            return self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class _Copy:
    """A copy of the template."""

    def __init__(self, template: CopiedProcesses, pid: int) -> None:
        self.pid = pid
        self._template = template

    def wait(self) -> int | None:
        return self._template.wait(self.pid)


def choose_starter() -> ProcessStarter:
    """Return what starts processes on this system."""
    return CopiedProcesses() if sys.platform == "linux" else FreshProcesses()


def _exchange(control: socket.socket, question: dict[str, Any], descriptors: tuple[int, ...]) -> dict[str, Any]:
    socket.send_fds(control, [json.dumps(question).encode()], descriptors)
    content = control.recv(LONGEST_MESSAGE)
    if not content:
        raise ConnectionError
    reply: dict[str, Any] = json.loads(content)
    return reply


def _start_python(call: str, *descriptors: int) -> subprocess.Popen[bytes]:
    """Start an interpreter that finds the modules that this one finds, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:] = {[*sys.path]!r}; {call}"],
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
        process_group=0,
    )
