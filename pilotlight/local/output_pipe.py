"""What native code, subprocesses and sys.stderr of a function write: it comes through a pipe and is printed escaped."""

from __future__ import annotations

import codecs
import os
import threading
from contextlib import suppress
from typing import Final, TextIO

from pilotlight.core.printable import escape_lines

_MOST_BYTES: Final = 65_536
_SECONDS_TO_END: Final = 1.0
"""A program that app.py has started as a daemon may keep the pipe open after the end of the function's process."""


class OutputPipe:
    """A pipe, and a thread that prints what is written to it. The text is no result: it goes to stderr or a log.

    Args:
        stream: Takes the text, without control characters.

    Attributes:
        writer: The end for writing, as a file descriptor. A process gets it.
    """

    def __init__(self, stream: TextIO) -> None:
        reader, self.writer = os.pipe()
        self._thread = threading.Thread(target=_print, args=(reader, stream), daemon=True)
        self._thread.start()

    def close_writer(self) -> None:
        """Close this process' copy of the end for writing. The pipe ends with the processes that have others."""
        os.close(self.writer)

    def wait(self) -> None:
        """Wait until all that the process wrote is printed. The process has ended."""
        self._thread.join(_SECONDS_TO_END)


def _print(reader: int, stream: TextIO) -> None:
    """Print until every end for writing is closed. The pipe is read whatever happens: a full one would stop writers."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while content := os.read(reader, _MOST_BYTES):
            _write(stream, decoder.decode(content))
        _write(stream, decoder.decode(b"", final=True))
    finally:
        os.close(reader)


def _write(stream: TextIO, text: str) -> None:
    with suppress(OSError, ValueError):  # the stream is closed, or nobody reads it
        stream.write(escape_lines(text))
        stream.flush()
