"""The parent's side of a function's process: events go in by the batch, answers come out, and its death is seen."""

from __future__ import annotations

import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from fuzz.events.generator import Event
from fuzz.running import child
from fuzz.running.child import HEADER

PATIENCE = 30.0
"""Seconds for one event."""


class Reply(NamedTuple):
    """What came of an event. answer: as sent; or, where raised, the exception. log: what was logged meanwhile."""

    answer: bytes
    raised: bool
    micros: int
    grown: int
    log: bytes


class FunctionError(Exception):
    """The function does not start."""


class Function:
    """A packaged function in a process of its own. It starts with the first call, and again after its death."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._files = tempfile.TemporaryDirectory(prefix="fuzz-")
        names = ("events", "answers", "log")
        self._events, self._answers, self._log = (Path(self._files.name) / name for name in names)
        self._process: subprocess.Popen[bytes] | None = None
        self._logged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._files.cleanup()

    def call(self, events: Sequence[Event]) -> tuple[list[Reply], str]:
        """Calls the handler with each event in turn.

        Args:
            events: The events.

        Returns:
            The replies, and "" where all events have one. Otherwise the next event ended the process, and the text says
            how.

        Raises:
            FunctionError: The function does not start.
        """
        process = self._process or self._start()
        self._events.write_bytes(b"".join(f"{event.context}\t{event.text}\n".encode() for event in events))
        self._answers.write_bytes(b"")
        death = "" if self._go(process) == b"done\n" else self._death(process)
        return self._replies(), death

    def stop(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        self._log.write_bytes(b"")
        self._logged = 0
        files = map(str, (self._events, self._answers, self._log))
        command = [sys.executable, child.__file__, self._folder, *files]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process = process
        if self._wait(process) != b"ready\n":
            self.stop()
            raise FunctionError(f"{self._folder} does not start: {self._log.read_text(errors='replace')[-2000:]}")
        return process

    def _go(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdin is not None
        try:
            process.stdin.write(b"go\n")
            process.stdin.flush()
        except BrokenPipeError:
            return b""
        return self._wait(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> bytes:
        """The next line of the process; b"" where it has ended, or answers nothing for too long."""
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            size = -1
            while not selector.select(PATIENCE):
                before, size = size, self._answers.stat().st_size if self._answers.exists() else 0
                if size == before:
                    return b""
            return process.stdout.readline()

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        code = process.poll()
        if code is None:
            try:
                code = process.wait(1)
            except subprocess.TimeoutExpired:
                code = None
        self.stop()
        if code is None:
            return f"no answer within {PATIENCE:.0f} s"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        frames = [
            line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.startswith("  File")
        ]
        return f"{how} {frames[:2]}" if frames else how

    def _replies(self) -> list[Reply]:
        content, log = self._answers.read_bytes(), self._log.read_bytes()
        found, place = [], 0
        while place + HEADER.size <= len(content):
            micros, grown, logged, size, raised = HEADER.unpack_from(content, place)
            place += HEADER.size
            found.append(Reply(content[place : place + size], raised, micros, grown, log[self._logged : logged]))
            place += size
            self._logged = logged
        return found
