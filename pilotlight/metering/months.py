"""Months in UTC, and when nothing of them is under way any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import name_of

SETTLING: Final = timedelta(hours=1)
"""After a month: the longest that a function runs is 15 minutes, and CloudWatch lists a line within minutes."""
ARCHIVING: Final = timedelta(days=1)
"""After a month: a function whose clock is an hour wrong still counts in it, and its counters must not be moved yet."""
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


def check_month(text: str) -> str:
    """Return a month; MeteringError where it is not written as YYYY-MM."""
    if not _MONTH.fullmatch(text) or not "1970" <= text < "9999":
        raise MeteringError(f"month '{name_of(text)}'", "is no month", "Write it as 2026-11.")
    return text


def end_of_month(month: str) -> datetime:
    """Return the moment at which a month is over.

    Args:
        month: YYYY-MM, in UTC.
    """
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def is_settled(month: str, now: datetime, wait: timedelta = SETTLING) -> bool:
    """Return whether a month has been over for an hour.

    Args:
        month: YYYY-MM, in UTC.
        now: A time with a time zone.
        wait: Another time than an hour.
    """
    return now >= end_of_month(month) + wait


def require_settled(month: str, now: datetime) -> None:
    """Raise MeteringError unless a month has been over for an hour."""
    if not is_settled(month, now):
        what = "is not over for an hour yet, so that answers and lines of the log may be under way"
        ready = end_of_month(month) + SETTLING
        raise MeteringError(f"month {month}", what, f"Credit it from {ready:%Y-%m-%d %H:%M} UTC on.")
