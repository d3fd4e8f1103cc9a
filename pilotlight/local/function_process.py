"""A process that runs one function. A native crash ends this process, and nothing else."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO

from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import FunctionDied, FunctionRaised, describe_end
from pilotlight.local.frames import Channel, ChannelEnded, Kind, Message, Remaining, attach_body, detach_body
from pilotlight.local.output_pipe import OutputPipe, print_escaped
from pilotlight.local.process import Output
from pilotlight.local.process_starter import ProcessStarter
from pilotlight.local.worker import Descriptors


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
        stderr: Takes what native code, subprocesses and sys.stderr of the process write.
        output: Takes what the function prints.
    """

    def __init__(self, name: str, starter: ProcessStarter, stderr: TextIO, output: Output) -> None:
        self._name = name
        self._output = output
        self._closing = ExitStack()
        own, other = socket.socketpair()
        reader, writer = os.pipe()
        self._closing.callback(own.close)
        self._closing.callback(os.close, writer)  # the process ends then, and also when this one does
        self._written = OutputPipe(print_escaped(stderr))
        try:
            self._process = starter.start(name, Descriptors(other.fileno(), reader, self._written.writer))
        except BaseException:
            self._closing.close()
            raise
        finally:
            other.close()
            os.close(reader)
            self._written.close_writer()
        self._channel = Channel(own)
        self._ended = False
        self._code: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the process has ended while it had nothing to do."""
        return self._channel.ended

    def load(self, folder: Path) -> None:
        """Begin to load the function from its packaged folder. `wait_until_loaded` says when it is."""
        with suppress(ChannelEnded):  # wait_until_loaded tells why
            self._channel.send(Kind.LOAD, str(folder))

    def wait_until_loaded(self, remaining: Remaining | None = None) -> None:
        """Wait for the function to load.

        Args:
            remaining: The time that is left; without it the wait has no end.

        Raises:
            ServiceError: app.py does not load, or the process ends meanwhile.
            TimeoutError: The time is over. The function goes on loading, and one may wait for it again.
        """
        try:
            message = self._next(remaining)
        except ChannelEnded:
            what = f"its process {describe_end(self._exit_code())} while app.py was loaded"
            hint = "Find what native code app.py and its packages run at import; the lines above may say more."
            raise ServiceError(f"function {self._name}", what, hint) from None
        if message.kind is Kind.FAILURE:
            told = message.document
            cause = LoadFailure(told["traceback"], tuple((file, line) for file, line in told["frames"]))
            raise ServiceError(told["where"], told["what"], told["hint"]) from cause

    def call(self, event: Any, request_id: str, remaining: Remaining | None = None) -> Any:
        """Return what the handler returns for this event. The caller sends one event at a time.

        Args:
            event: The event, a JSON document.
            request_id: The id of the request.
            remaining: The time that is left; without it the wait has no end.

        Raises:
            FunctionRaised: The handler raised.
            FunctionDied: The process ended. A new one is needed.
            TimeoutError: The time is over. The process has been ended.
        """
        document, text = detach_body(event)
        try:
            self._channel.send(Kind.EVENT, [document, request_id], text, remaining)
            message = self._next(remaining)
        except ChannelEnded:
            raise FunctionDied(self._exit_code()) from None
        except TimeoutError:
            self.kill()
            raise
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
        if not self._ended:
            self.kill()
        self._exit_code()
        self._closing.close()

    def _next(self, remaining: Remaining | None) -> Message:
        """Return the next message that is no log."""
        while True:
            message = self._channel.receive(remaining)
            if message.kind is not Kind.LOG:
                return message
            self._output(message.text or "")

    def _exit_code(self) -> int | None:
        """Wait for the end of the process, which has closed its channel or was killed."""
        if not self._ended:
            self._code = self._process.wait()
            self._ended = True
            self.kill()  # what it has started, which shares its process group
            self._written.wait()
        return self._code
