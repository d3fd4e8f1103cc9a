"""Signals that wait until steps that belong together are done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def hold_signals() -> Iterator[None]:
    """Inside, SIGINT, SIGTERM and SIGHUP wait. The first one that came takes effect at the end.

    Python handles signals in the main thread only, so that other threads need nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    try:
        with handle_signals(_SIGNALS, remember):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def handle_signals(numbers: Iterable[int], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Inside, `handler` gets these signals, but for those that are ignored, such as SIGHUP after nohup.

    Args:
        numbers: The signals.
        handler: Gets the number of a signal and the frame that it interrupts.
    """
    found = {number: signal.getsignal(number) for number in numbers}
    before = {number: each for number, each in found.items() if each not in (None, signal.SIG_IGN)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, each in before.items():
            signal.signal(number, each)
