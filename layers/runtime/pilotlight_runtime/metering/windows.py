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


def find_end(name: str, now: float) -> int:
    """When a window ends.

    Args:
        name: DAY or MONTH.
        now: Seconds since the epoch, within the window.

    Returns:
        Seconds since the epoch.
    """
    return _find_end(name, int(now) // _DAY_SECONDS)


@cache
def _find_end(name: str, day: int) -> int:
    """When the window of a day since the epoch ends. Headers have it with each answer."""
    end = (day + 1) * _DAY_SECONDS
    if name == MONTH:
        month = time.gmtime(day * _DAY_SECONDS).tm_mon
        while time.gmtime(end).tm_mon == month:
            end += _DAY_SECONDS
    return end
