"""Signals become a request to stop, which a fit checks between two steps: it then keeps a checkpoint and ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pilotlight.core.errors import Interrupted
from pilotlight.core.stop_request import StopRequest

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class _Stopped(BaseException):
    """Ends the main thread's work. It is no Exception: train.py and libraries catch those and continue."""


@contextmanager
def stopping() -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a request to stop, inside the block.

    AWS Batch and ECS send SIGTERM before they take an instance away or cancel a job, and kill the process later.

    Yields:
        The request.

    Raises:
        Interrupted: No code checks for the request, or the signal came twice.
    """
    stop = StopRequest()

    def request_stop(number: int, _frame: FrameType | None) -> None:
        if not stop.request():
            raise _Stopped(signal.Signals(number).name)

    before = {each: signal.signal(each, request_stop) for each in _SIGNALS}
    try:
        yield stop
    except _Stopped as stopped:
        hint = "Run the same command again to resume."
        raise Interrupted(str(stopped), "the run was stopped by this signal", hint) from None
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Inside, SIGTERM raises KeyboardInterrupt as Ctrl-C does, so that the command cleans up before it ends."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
