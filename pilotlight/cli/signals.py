"""Signals become a wish to stop, which training heeds between two steps, with a checkpoint kept."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pilotlight.core.errors import Interrupted
from pilotlight.core.stop_request import StopRequest

_ASKED: Final = (signal.SIGTERM, signal.SIGINT)


class _Stopped(BaseException):
    """Ends what the main thread does, wherever it is. No Exception: train.py and libraries catch those and go on."""


@contextmanager
def stopping() -> Iterator[StopRequest]:
    """Inside, Ctrl-C and SIGTERM ask the Stop that this gives; where nobody heeds it, and at the second time, they end.

    Raises Interrupted in the latter case. AWS Batch and ECS send SIGTERM before an instance is taken away or a job is
    cancelled, and kill a while later.
    """
    stop = StopRequest()

    def ask(number: int, _frame: FrameType | None) -> None:
        if not stop.request():
            raise _Stopped(signal.Signals(number).name)

    before = {each: signal.signal(each, ask) for each in _ASKED}
    try:
        yield stop
    except _Stopped as stopped:
        hint = "Run the same command again to resume."
        raise Interrupted(str(stopped), "the run was told to stop", hint) from None
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
