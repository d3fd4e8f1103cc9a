"""A function whose process is started again when it ends: the next request finds a fresh one, as in Lambda."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import escape_controls
from pilotlight.local.context import TIMEOUT_SECONDS
from pilotlight.local.faults import (
    FunctionBusy,
    FunctionDied,
    FunctionDown,
    FunctionFault,
    FunctionLoading,
    FunctionTimedOut,
)
from pilotlight.local.frames import Remaining
from pilotlight.local.process import Output, Process, StartProcess
from pilotlight.local.slow_start import SlowStartNotice
from pilotlight.local.start_failures import StartFailures
from pilotlight.local.streamed_body import StreamedBody

_LARGEST_RESERVE: Final = 0.5
"""The part of the timeout that a request keeps for its own answer at most."""


class ManagedFunction:
    """A function in a process of its own. It handles one event at a time, as an execution environment of Lambda does.

    The process starts when the function is loaded.

    Args:
        name: The model, or catalog.
        folder: The packaged function. It may still be empty.
        start: Starts a process for it.
        output: Takes what the function prints.
        log: Takes one line when a process ends or does not start.
        notice: Tells when the first start takes long.
        timeout: Seconds for one request: its wait for its turn, for the function to load where its process is started
            again, and for the answer. None for no limit. The first start has no limit.
        clock: Seconds.

    Attributes:
        folder: The same.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        start: StartProcess,
        *,
        output: Output,
        log: Output,
        notice: SlowStartNotice,
        timeout: float | None = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._output = output
        self.folder = folder
        self._start = start
        self._log = log
        self._notice = notice
        self._timeout = timeout
        self._clock = clock
        self._turn = threading.Lock()
        self._changing = threading.Lock()
        self._closed = False
        self._loaded = False
        self._failures = StartFailures(clock)
        self._started_at = 0.0
        self._last_took = 0.0
        self._process: Process | None = None

    def load(self) -> None:
        """Start a process and begin to load the function, once. Several functions load at the same time."""
        if self._process is None:
            self._start_again()

    def wait_until_loaded(self) -> None:
        """Wait for the function to load for the first time, however long that takes.

        Raises:
            ServiceError: app.py does not load, or the process ends meanwhile.
        """
        with self._turn, self._notice.watch(self.name):
            self._started().wait_until_loaded()
            self._loaded = True

    def __call__(self, event: Any, request_id: str) -> Any:
        """Return what the handler returns for this event.

        The function is busy until a StreamedBody in the result has ended or is closed.

        Raises:
            FunctionFault: It returns nothing; see the subclasses.
        """
        began = self._clock()
        remaining = self._count_down(began)
        if not self._turn.acquire(timeout=-1 if remaining is None else remaining()):
            raise FunctionBusy(self._timeout or 0)
        try:
            self._require_loaded(remaining)
            result = self._call(event, request_id, began, remaining)
        except BaseException:
            self._turn.release()
            raise
        body = result.get("body") if isinstance(result, dict) else None
        if isinstance(body, StreamedBody):
            return {**result, "body": StreamedBody(self._follow(body), partial(self._end_stream, body))}
        self._turn.release()
        return result

    def close(self) -> None:
        """End the process, also in the middle of an event."""
        with self._changing:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
            with self._turn:
                process.close()

    def _started(self) -> Process:
        if self._process is None:
            raise RuntimeError("load the function first")
        return self._process

    def _count_down(self, began: float) -> Remaining | None:
        """Return what tells the time that a request has left, which began at this time."""
        if self._timeout is None:
            return None
        ends = began + self._timeout
        return lambda: ends - self._clock()

    def _call(self, event: Any, request_id: str, began: float, remaining: Remaining | None) -> Any:
        """Send the event, where enough time is left to answer it: what does not end in time ends the process."""
        timeout = self._timeout or 0
        if remaining is not None and remaining() <= min(self._last_took, timeout * _LARGEST_RESERVE):
            raise FunctionBusy(timeout)
        sent = self._clock()
        try:
            result = self._started().call(event, request_id, remaining)
        except (FunctionDied, TimeoutError) as error:
            fault = error if isinstance(error, FunctionDied) else FunctionTimedOut(timeout, sent - began)
            self._replace_process(fault)
            raise fault from None
        self._last_took = self._clock() - sent
        return result

    def _follow(self, body: StreamedBody) -> Iterator[bytes]:
        """Yield the parts of a body. A process that ends in the middle is started again."""
        try:
            yield from body
        except (FunctionDied, FunctionTimedOut) as fault:
            self._replace_process(fault)
            raise

    def _end_stream(self, body: StreamedBody) -> None:
        try:
            body.close()
        finally:
            self._turn.release()

    def _replace_process(self, fault: FunctionFault) -> None:
        self._report(str(fault))
        self._start_again()

    def _require_loaded(self, remaining: Remaining | None) -> None:
        """Have a process that has loaded the function.

        Raises:
            FunctionDown: There is none, and the next one is not started yet.
            FunctionLoading: It still loads when the time of the request is over.
        """
        if self._loaded and self._started().ended:
            self._report("its process was ended while it had nothing to do; it is started again")
            self._start_again()
        if self._loaded:
            return
        if self._failures.last:
            if (seconds := self._failures.seconds_left) > 0:
                raise FunctionDown(self._failures.last, seconds)
            self._start_again()
        try:
            self._started().wait_until_loaded(remaining)
        except ServiceError as error:
            raise FunctionDown(error.what, self._pause(error.what)) from error
        except TimeoutError:
            timeout = self._timeout or 0
            if self._clock() - self._started_at >= timeout:  # else the request has waited for others before
                self._started().kill()
                self._pause(f"app.py and its model did not load within {timeout:g} s, so the process was ended")
            raise FunctionLoading(timeout) from None
        self._loaded = True
        self._failures.clear()

    def _pause(self, failure: str) -> float:
        """Report why the process does not start, and return the seconds until the next start."""
        pause = self._failures.add(failure)
        self._report(f"does not start: {failure}; the next start is tried in {pause:g} s")
        return pause

    def _start_again(self) -> None:
        """Replace the process. The new one loads the function while the caller goes on."""
        with self._changing:
            if self._closed:
                return
            if self._process is not None:
                self._process.close()
            self._loaded = False
            self._process = self._start(self._output)
            self._started_at = self._clock()
            self._process.load(self.folder)

    def _report(self, what: str) -> None:
        if not self._closed:
            self._log(f"function {self.name}: {escape_controls(what)}\n")
