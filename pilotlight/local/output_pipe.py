"""What a function writes to a file descriptor: it comes through a pipe, and is printed in this process."""

from __future__ import annotations

import codecs
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

from pilotlight.core.printable import escape_lines

_MOST_BYTES: Final = 65_536
_SECONDS_TO_END: Final = 1.0
"""A program that app.py has started as a daemon may keep the pipe open after the end of the function's process."""

TakeText = Callable[[str], object]
"""Takes a piece of text, and an empty one at the end."""


class OutputPipe:
    """A pipe, and a thread that reads what is written to it.

    Args:
        take: Takes the text, piece by piece.

    Attributes:
        writer: The end for writing, as a file descriptor. A process gets it.
    """

    def __init__(self, take: TakeText) -> None:
        reader, self.writer = os.pipe()
        self._thread = threading.Thread(target=_read, args=(reader, take), daemon=True)
        self._thread.start()

    def close_writer(self) -> None:
        """Close this process' copy of the end for writing. The pipe ends with the processes that have others."""
        os.close(self.writer)

    def wait(self) -> None:
        """Wait until all that the process wrote is taken. The process has ended."""
        self._thread.join(_SECONDS_TO_END)


def print_escaped(stream: TextIO) -> TakeText:
    """Return what prints text without its control characters. The text is no result: it goes to stderr or a log."""

    def take(text: str) -> None:
        with suppress(OSError, ValueError):  # the stream is closed, or nobody reads it
            stream.write(escape_lines(text))
            stream.flush()

    return take


def print_lines(output: TakeText) -> TakeText:
    """Return what passes on whole lines, so that those of several functions stay apart.

    Lambda's clients put carriage returns between the lines of one entry of the log: here they are line feeds.
    """
    kept = ""

    def take(text: str) -> None:
        nonlocal kept
        lines, end, rest = (kept + text.replace("\r", "\n")).rpartition("\n")
        ready, kept = (lines + end, rest) if text else (lines + end + rest, "")
        if ready:
            output(ready)

    return take


def _read(reader: int, take: TakeText) -> None:
    """Read until every end for writing is closed. The pipe is read whatever happens: a full one would stop writers."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while content := os.read(reader, _MOST_BYTES):
            if text := decoder.decode(content):
                take(text)
        if text := decoder.decode(b"", final=True):
            take(text)
        take("")
    finally:
        os.close(reader)
