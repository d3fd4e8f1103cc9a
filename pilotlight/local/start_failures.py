"""Starts of a function's process that failed: the next one is tried after longer and longer pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two starts that fail. Each pause is twice the one before."""


class StartFailures:
    """The starts that failed since the last one that succeeded.

    Args:
        clock: Seconds.

    Attributes:
        last: Why the last start failed; "" where it succeeded.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.last = ""
        self._clock = clock
        self._count = 0
        self._next_start = 0.0

    @property
    def seconds_left(self) -> float:
        """The seconds until the next start; 0 or below where it is due."""
        return self._next_start - self._clock()

    def add(self, why: str) -> float:
        """Add a failure, and return the pause that follows it in seconds."""
        pause: float = min(_FIRST_PAUSE * 2**self._count, _LONGEST_PAUSE)
        self._count += 1
        self.last, self._next_start = why, self._clock() + pause
        return pause

    def clear(self) -> None:
        """Forget them: a start has succeeded."""
        self.last, self._count = "", 0
