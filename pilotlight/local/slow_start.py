"""Tells the person who waits for a command which function takes long to load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

SECONDS_UNTIL_NOTICE: Final = 5.0


class SlowStartNotice:
    """Writes one line when a function takes long to load.

    Args:
        stream: Takes the line.
        seconds: How long a function may load without a line.
    """

    def __init__(self, stream: TextIO, seconds: float = SECONDS_UNTIL_NOTICE) -> None:
        self._stream = stream
        self._seconds = seconds

    @contextmanager
    def watch(self, name: str) -> Iterator[None]:
        """Write the line when the block takes long.

        Args:
            name: The function that loads in the block.
        """
        timer = threading.Timer(self._seconds, self._write, [name])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _write(self, name: str) -> None:
        self._stream.write(f"function {name} is still loading (app.py and its model); Ctrl-C ends this\n")
        self._stream.flush()
