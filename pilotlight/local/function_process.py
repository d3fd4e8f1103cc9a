"""A process that runs one function. A native crash ends this process, and nothing else."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import FunctionDied, FunctionRaised, FunctionTimedOut, describe_end
from pilotlight.local.frames import Channel, ChannelEnded, Kind, Message, attach_body, detach_body
from pilotlight.local.process_starter import ProcessStarter

Output = Callable[[str], object]
"""Takes what a function prints."""


class LoadFailure(Exception):
    """Why app.py did not load, as its process tells it. The text is the traceback.

    Attributes:
        frames: File and line of each frame of the traceback.
    """

    def __init__(self, trace: str, frames: tuple[tuple[str, int], ...]) -> None:
        super().__init__(trace)
        self.frames = frames


class FunctionProcess:
    """A process for one function. It loads the function when it is told to.

    Args:
        name: The model, or catalog.
        starter: Starts the process.
        clock: Seconds.
    """

    def __init__(self, name: str, starter: ProcessStarter, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._closing = ExitStack()
        own, other = socket.socketpair()
        reader, writer = os.pipe()
        self._closing.callback(own.close)
        self._closing.callback(os.close, writer)  # the process ends then, and also when this one does
        try:
            self._process = starter.start(name, other.fileno(), reader)
        except BaseException:
            self._closing.close()
            raise
        finally:
            other.close()
            os.close(reader)
        self._channel = Channel(own)
        self._ended: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the process has ended while it had nothing to do."""
        return self._channel.ended

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
        with suppress(ProcessLookupError, PermissionError):  # it has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process as `kill` does, and wait for its end. No other thread uses it any more."""
        if self._ended is None:
            self.kill()
        self._exit_code()
        self._closing.close()

    def _next(self, output: Output, ends: float | None) -> Message:
        """Return the next message that is no log."""
        remaining = None if ends is None else lambda: ends - self._clock()
        while True:
            message = self._channel.receive(remaining)
            if message.kind is not Kind.LOG:
                return message
            output(message.text or "")

    def _exit_code(self) -> int:
        """Wait for the end of the process, which has closed its channel or was killed."""
        if self._ended is None:
            self._ended = self._process.wait()
            self.kill()  # what it has started, which shares its process group
        return self._ended
