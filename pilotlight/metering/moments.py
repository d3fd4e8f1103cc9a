"""Times to come, as people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import name_of

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"([0-9]{1,6})([smhd])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_SECONDS: Final = 100 * 366 * 86_400


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as 90d, 24h, 30m or 0s.

    Raises:
        MeteringError: It is written in another way, or longer than a century.
    """
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else -1
    if not 0 <= seconds <= _MOST_SECONDS:
        raise MeteringError(f"duration '{name_of(text)}'", "is no time that can be taken", "Write it as 90d or 24h.")
    return seconds


def parse_expiry(text: str) -> tuple[int, int]:
    """Return when a key expires.

    Args:
        text: A day such as 2026-12-31, which is the last one in UTC, or a duration such as 90d.

    Returns:
        Seconds since the epoch, and seconds of a duration; the other one is 0.

    Raises:
        MeteringError: It is neither, or no key could be used until then.
    """
    if _DURATION.fullmatch(text):
        expires, lifetime = 0, parse_duration(text)
    else:
        expires, lifetime = _end_of_day(text), 0
    if expires <= 0 and not lifetime:  # 0 means that a key never expires
        raise MeteringError(f"expiry '{name_of(text)}'", "leaves no time", "Give a day to come, or a time such as 90d.")
    return expires, lifetime


def _end_of_day(text: str) -> int:
    try:
        after = date.fromisoformat(text if _DAY.fullmatch(text) else "") + timedelta(days=1)
    except (ValueError, OverflowError):
        raise MeteringError(
            f"expiry '{name_of(text)}'", "is no day and no duration", "Write it as 2026-12-31, the last day, or as 90d."
        ) from None
    return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp())
