"""How a run stops on request: at the next step where it checks for a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class StopRequest:
    """A request to stop. A signal handler, for instance, makes it, and the fit checks for it between two steps.

    Where no code checks for it, waiting would be useless. `request` then returns False, and the caller ends the run.
    """

    def __init__(self) -> None:
        self._requested = False
        self._watchers = 0

    @property
    def requested(self) -> bool:
        """Whether the run has been asked to stop."""
        return self._requested

    def request(self) -> bool:
        """Request a stop.

        Returns:
            Whether the run will stop by itself. False where no code checks for the request, or where an earlier request
            had no effect yet.
        """
        first = not self._requested
        self._requested = True
        return first and self._watchers > 0

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Declare that the code in the `with` block checks `requested` often."""
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
