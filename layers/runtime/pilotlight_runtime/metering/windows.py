"""The windows of a quota: the day and the month, both in UTC."""

from __future__ import annotations

import time

from pilotlight_runtime.caching import cache
from pilotlight_runtime.light_typing import Final, NamedTuple

DAY: Final = "day"
MONTH: Final = "month"
WINDOWS: Final = (DAY, MONTH)
_DAY_SECONDS: Final = 86_400


class Window(NamedTuple):
    """What is left of a quota.

    Attributes:
        name: DAY or MONTH.
        label: Which one, such as 2026-11-26 or 2026-11. A later one has a greater label.
        left: Units that are left. Below 0 where there is no limit, or the limit was lowered.
        limit: Units of the whole window; None where there is no limit.
    """

    name: str
    label: str
    left: int
    limit: int | None


def label_windows(now: float) -> dict[str, str]:
    """The labels of the day and the month.

    Args:
        now: Seconds since the epoch.

    Returns:
        The labels by the names of the windows.
    """
    moment = time.gmtime(now)
    month = f"{moment.tm_year:04}-{moment.tm_mon:02}"
    return {DAY: f"{month}-{moment.tm_mday:02}", MONTH: month}


def find_end(window: Window, now: float) -> int:
    """When a window ends.

    Args:
        window: The window. It may be later than `now`, where a clock lags.
        now: Seconds since the epoch.

    Returns:
        Seconds since the epoch; at most one window after the end of the present one.
    """
    end, label = _find_next(window.name, int(now) // _DAY_SECONDS)
    return _find_next(window.name, end // _DAY_SECONDS)[0] if label <= window.label else end


@cache
def _find_next(name: str, day: int) -> tuple[int, str]:
    """The beginning of the next window after a day since the epoch, and its label. Each answer's headers need them."""
    begin = (day + 1) * _DAY_SECONDS
    if name == MONTH:
        inside = begin + (32 - time.gmtime(day * _DAY_SECONDS).tm_mday) * _DAY_SECONDS  # in the next month
        begin = inside - (time.gmtime(inside).tm_mday - 1) * _DAY_SECONDS
    return begin, label_windows(begin)[name]
