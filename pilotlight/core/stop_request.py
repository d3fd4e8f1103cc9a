"""How a run that is told to stop comes to a place where it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class StopRequest:
    """A wish to stop: asked for from outside, such as by a signal, and looked at between two steps of training.

    Where nobody looks, waiting would be for nothing: `ask` then says so by False, and the asker ends the run.
    """

    def __init__(self) -> None:
        self._requested = False
        self._watchers = 0

    @property
    def requested(self) -> bool:
        """Whether to stop now."""
        return self._requested

    def request(self) -> bool:
        """Asks once; False where nobody looks, or where somebody has been asked before and has not stopped yet."""
        first = not self._requested
        self._requested = True
        return first and self._watchers > 0

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Inside, `asked` is looked at often."""
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
