"""A temporary folder that is deleted however the command ends, short of SIGKILL."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a temporary folder, and delete it with all its content at the end of the block.

    A signal that arrives while the folder is made or deleted takes effect directly afterwards. Otherwise it could end
    the command between the two steps that make the folder and remember it.
    """
    folder: tempfile.TemporaryDirectory[str] | None = None
    try:
        with hold_signals():
            folder = tempfile.TemporaryDirectory(prefix="pilotlight-", ignore_cleanup_errors=True)
        yield Path(folder.name)
    finally:
        with hold_signals():
            if folder is not None:
                folder.cleanup()


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

    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    held = {number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
    for number in held:
        signal.signal(number, remember)
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
