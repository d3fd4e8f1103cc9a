"""When an answer must end, because Lambda would end the function in the middle of it."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Callable, Final

MARGIN_MS: Final = 500.0
"""For what follows the last token: the end of the answer, its way out, the log."""

WARNING: Final = "the answer ended early, because the function's time was nearly over; raise its Timeout"


class Deadline:
    """Looks at the clock between steps.

    Args:
        time_left: Milliseconds that the function may still run; None where there is no limit.
    """

    def __init__(self, time_left: Callable[[], float] | None) -> None:
        self._time_left = time_left
        self._before: float | None = None
        self._slowest = 0.0

    def passed(self) -> bool:
        """Whether a step that takes twice as long as the slowest one so far would come too late."""
        if self._time_left is None:
            return False
        left = self._time_left()
        if self._before is not None:
            self._slowest = max(self._slowest, self._before - left)
        self._before = left
        return left < MARGIN_MS + 2.0 * self._slowest
