"""A function whose process is started again when it ends: the next request finds a fresh one, as in Lambda."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import escape_controls
from pilotlight.local.context import TIMEOUT_SECONDS
from pilotlight.local.faults import FunctionDied, FunctionDown, FunctionTimedOut
from pilotlight.local.function_process import FunctionProcess, Output

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two starts that fail. Each pause is twice the one before."""

StartProcess = Callable[[], FunctionProcess]


class ManagedFunction:
    """A function in a process of its own. It handles one event at a time, as an execution environment of Lambda does.

    The process starts when the function is loaded.

    Args:
        name: The model, or catalog.
        folder: The packaged function. It may still be empty.
        start: Starts a process for it.
        output: Takes what the function prints.
        log: Takes one line when a process ends or does not start.
        timeout: Seconds for one event; None for no limit.
        clock: Seconds.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        start: StartProcess,
        *,
        output: Output,
        log: Output,
        timeout: float | None = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.output = output
        self._folder = folder
        self._start = start
        self._log = log
        self._timeout = timeout
        self._clock = clock
        self._turn = threading.Lock()
        self._changing = threading.Lock()
        self._closed = False
        self._loaded = False
        self._failure = ""
        self._failures = 0
        self._next_start = 0.0
        self._process: FunctionProcess | None = None

    def load(self) -> None:
        """Start a process and begin to load the function, once. Several functions load at the same time."""
        if self._process is None:
            self._start_again()

    def wait_until_loaded(self) -> None:
        """Wait for the function to load.

        Raises:
            ServiceError: app.py does not load, or the process ends meanwhile.
        """
        with self._turn:
            self._started().wait_until_loaded(self.output)
            self._loaded = True

    def __call__(self, event: Any, request_id: str) -> Any:
        """Return what the handler returns for this event.

        Raises:
            FunctionFault: It returns nothing; see the subclasses.
        """
        with self._turn:
            self._require_loaded()
            try:
                return self._started().call(event, request_id, self.output, self._timeout)
            except (FunctionDied, FunctionTimedOut) as fault:
                self._report(str(fault))
                self._start_again()
                raise

    def close(self) -> None:
        """End the process, also in the middle of an event."""
        with self._changing:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
            with self._turn:
                process.close()

    def _started(self) -> FunctionProcess:
        if self._process is None:
            raise RuntimeError("load the function first")
        return self._process

    def _require_loaded(self) -> None:
        """Have a process that has loaded the function; FunctionDown where there is none yet."""
        if self._loaded and self._started().ended:
            self._report("its process was ended while it had nothing to do; it is started again")
            self._start_again()
        if self._loaded:
            return
        wait = self._next_start - self._clock()
        if self._failure and wait > 0:
            raise FunctionDown(self._failure, wait)
        if self._failure:
            self._start_again()
        try:
            self._started().wait_until_loaded(self.output)
        except ServiceError as error:
            pause = min(_FIRST_PAUSE * 2**self._failures, _LONGEST_PAUSE)
            self._failures += 1
            self._failure, self._next_start = error.what, self._clock() + pause
            self._report(f"does not start: {error.what}; the next start is tried in {pause:g} s")
            raise FunctionDown(error.what, pause) from error
        self._loaded, self._failure, self._failures = True, "", 0

    def _start_again(self) -> None:
        """Replace the process. The new one loads the function while the caller goes on."""
        with self._changing:
            if self._closed:
                return
            if self._process is not None:
                self._process.close()
            self._loaded = False
            self._process = self._start()
            self._process.load(self._folder)

    def _report(self, what: str) -> None:
        if not self._closed:
            self._log(f"function {self.name}: {escape_controls(what)}\n")
