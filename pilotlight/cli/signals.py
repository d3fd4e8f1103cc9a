"""Signals become a request to stop, which a fit checks between two steps: it then keeps a checkpoint and ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pilotlight.core.errors import Interrupted
from pilotlight.core.hold_signals import handle_signals
from pilotlight.core.stop_request import StopRequest

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_INTERRUPTING: Final = (*_SIGNALS, signal.SIGHUP)
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class _Stopped(BaseException):
    """Ends the main thread's work. It is no Exception: train.py and libraries catch those and continue."""


def end_like_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt from now on, so that a command deletes its temporary files.

    A command that was started with nohup ignores SIGHUP, and continues to.
    """
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


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
def interrupted_by_signals() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise KeyboardInterrupt as Ctrl-C does, so that the command cleans up before it ends.

    The first signal does so. Later ones would interrupt the cleaning and are ignored. A terminal that closes sends
    SIGHUP; a command that was started with nohup ignores it, and continues to.
    """
    came: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    with handle_signals(_INTERRUPTING, interrupt):
        yield
