"""Signals become a wish to stop, which training heeds between two steps, with a checkpoint kept."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pilotlight.core.errors import Interrupted
from pilotlight.core.stopping import Stop

_ASKED: Final = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Inside, Ctrl-C and SIGTERM ask the Stop that this gives; where nobody heeds it, and at the second time, they end.

    AWS Batch and ECS send SIGTERM before an instance is taken away or a job is cancelled, and kill a while later.
    """
    stop = Stop()

    def ask(number: int, _frame: FrameType | None) -> None:
        if not stop.ask():
            name = signal.Signals(number).name
            raise Interrupted(name, "the run was told to stop", "Run the same command again: it goes on where it can.")

    before = {each: signal.signal(each, ask) for each in _ASKED}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
