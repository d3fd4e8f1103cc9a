"""A process that runs one function. A native crash ends this process, and nothing else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import FunctionDied, FunctionRaised, FunctionTimedOut, describe_end
from pilotlight.local.frames import Channel, ChannelEnded, Kind, Message, attach_body, detach_body

_SECONDS_TO_END: Final = 5.0
"""How long a process that has closed its channel may take to end by itself, until a core dump is written."""

Output = Callable[[str], object]
"""Takes what a function prints."""


class Lifeline:
    """A pipe whose closing ends the processes that got it. The kernel closes it when this process ends."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._writer)
        os.close(self.reader)


class LoadFailure(Exception):
    """Why app.py did not load, as its process tells it. The text is the traceback.

    Attributes:
        frames: File and line of each frame of the traceback.
    """

    def __init__(self, trace: str, frames: tuple[tuple[str, int], ...]) -> None:
        super().__init__(trace)
        self.frames = frames


class FunctionProcess:
    """A process for one function. It starts at once, and loads the function when it is told to.

    Args:
        name: The model, or catalog.
        lifeline: Ends the process with this one.
        clock: Seconds.
    """

    def __init__(self, name: str, lifeline: Lifeline, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        own, other = socket.socketpair()
        with other:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _program(name, other.fileno(), lifeline.reader)],
                    stdin=subprocess.DEVNULL,
                    pass_fds=(other.fileno(), lifeline.reader),
                    process_group=0,  # Ctrl-C in a terminal goes to the server alone, which then ends its processes
                )
            except OSError:
                own.close()
                raise
        self._channel = Channel(own)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def load(self, folder: Path) -> None:
        """Begin to load the function from its packaged folder. `wait_until_loaded` says when it is."""
        with suppress(ChannelEnded):  # wait_until_loaded tells why
            self._channel.send(Kind.LOAD, str(folder))

    def wait_until_loaded(self, output: Output) -> None:
        """Wait for the function to load.

        Args:
            output: Takes what app.py prints.

        Raises:
            ServiceError: app.py does not load, or the process ends meanwhile.
        """
        try:
            message = self._next(output, None)
        except ChannelEnded:
            what = f"its process {describe_end(self._exit_code())} while app.py was loaded"
            hint = "Find what native code app.py and its packages run at import; the lines above may say more."
            raise ServiceError(f"function {self._name}", what, hint) from None
        if message.kind is Kind.FAILURE:
            told = message.document
            cause = LoadFailure(told["traceback"], tuple((file, line) for file, line in told["frames"]))
            raise ServiceError(told["where"], told["what"], told["hint"]) from cause

    def call(self, event: Any, request_id: str, output: Output, timeout: float | None) -> Any:
        """Return what the handler returns for this event. The caller sends one event at a time.

        Args:
            event: The event, a JSON document.
            request_id: The id of the request.
            output: Takes what the function prints.
            timeout: Seconds; None for no limit.

        Raises:
            FunctionRaised: The handler raised.
            FunctionDied: The process ended. A new one is needed.
            FunctionTimedOut: The time is over. The process has been ended.
        """
        ends = None if timeout is None else self._clock() + timeout
        document, text = detach_body(event)
        try:
            self._channel.send(Kind.EVENT, [document, request_id], text)
            message = self._next(output, ends)
        except ChannelEnded:
            raise FunctionDied(self._exit_code()) from None
        except TimeoutError:
            self.kill()
            raise FunctionTimedOut(timeout or 0) from None
        if message.kind is Kind.FAILURE:
            told = message.document
            raise FunctionRaised(told["kind"], told["message"], told["traceback"])
        return attach_body(message.document, message.text)

    def kill(self) -> None:
        """End the process and what it has started. Any thread may do this: a call that waits raises FunctionDied."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):  # it has ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the process as `kill` does, and close the channel, which no other thread uses any more."""
        self.kill()
        self._channel.close()

    def _next(self, output: Output, ends: float | None) -> Message:
        """Return the next message that is no log."""
        remaining = None if ends is None else lambda: ends - self._clock()
        while True:
            message = self._channel.receive(remaining)
            if message.kind is not Kind.LOG:
                return message
            output(message.text or "")

    def _exit_code(self) -> int:
        """Return how the process ended. One that has closed its channel and stays is killed."""
        try:
            return self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode


def _program(name: str, channel: int, lifeline: int) -> str:
    """Return the Python text of the process. It finds the modules that this process finds."""
    return (
        f"import sys; sys.path[:] = {[*sys.path]!r}; from pilotlight.local.worker import main;"
        f" main({name!r}, {channel}, {lifeline})"
    )
