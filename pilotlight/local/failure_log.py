"""The log of a function on this machine, of which a person sees what went wrong."""

from __future__ import annotations

import io
from typing import Final, TextIO

from pilotlight.core.printable import escape_lines

_ROUTINE: Final = ('{"level":"INFO"', '{"_aws"')
"""How the lines begin that each request has: its record, and its metrics."""


class FailureLog(io.StringIO):
    """Passes on the lines of a log, but for those that each request has.

    Args:
        to: Takes the lines.
    """

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to
        self._begun = ""

    def write(self, text: str) -> int:
        """Take a part of the log. A line is passed on when it is whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if not line.startswith(_ROUTINE):
                self._to.write(escape_lines(line) + "\n")
        return len(text)
