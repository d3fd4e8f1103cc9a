"""Ends a stream in order before Lambda ends the function, which would cut it off without a word."""

from __future__ import annotations

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

MARGIN: Final = 500.0
"""Milliseconds that are kept for the last part and the log line."""


class OutOfTime(RequestError):
    """The stream would take longer than the function may run (504)."""

    status = 504

    def __init__(self) -> None:
        super().__init__("the answer is not complete: the function may not run any longer; ask for less at once")


def until_deadline(parts: Iterator[bytes], context: Any, clock: Callable[[], float]) -> Generator[bytes]:
    """Yields parts while there is time for one more that takes as long as the longest so far.

    Args:
        parts: The parts of a body. They are closed at the end.
        context: Lambda's context, which knows the time that is left. Without it there is no deadline.
        clock: Seconds, monotonic.

    Raises:
        OutOfTime: There is no time for one more part.
    """
    left = getattr(context, "get_remaining_time_in_millis", None)
    longest = 0.0
    try:
        while left is None or left() > longest + MARGIN:
            began = clock()
            part = next(parts, None)
            if part is None:
                return
            longest = max(longest, (clock() - began) * 1000)
            yield part
        raise OutOfTime
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
