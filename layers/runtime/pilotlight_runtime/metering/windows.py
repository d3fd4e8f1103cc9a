"""The windows of a quota: the day and the month, both in UTC."""

from __future__ import annotations

import time

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
    find_next = _find_next_day if window.name == DAY else _find_next_month
    end = find_next(int(now))
    return find_next(end) if label_windows(end)[window.name] <= window.label else end


def _find_next_day(now: int) -> int:
    return (now // _DAY_SECONDS + 1) * _DAY_SECONDS


def _find_next_month(now: int) -> int:
    """The first second of the next month: 32 days after the last day of the one before."""
    inside = now + (32 - time.gmtime(now).tm_mday) * _DAY_SECONDS
    return (inside // _DAY_SECONDS - time.gmtime(inside).tm_mday + 1) * _DAY_SECONDS
