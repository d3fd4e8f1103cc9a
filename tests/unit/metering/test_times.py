"""Times to come as people write them, and months in UTC."""

from datetime import UTC, datetime

import pytest

from pilotlight.core.errors import MeteringError
from pilotlight.metering import check_month, end_of_month, is_settled, parse_duration, parse_expiry


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("24h", 86_400), ("7d", 604_800)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds
    assert parse_expiry(text) == (0, seconds)


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "1y", "7 d", "\u0661d", "999999d", "1" * 10_000 + "d"])
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(MeteringError, match="Write it as 90d or 24h"):
        parse_duration(text)


def test_a_duration_of_no_time_is_a_grace_and_no_expiry() -> None:
    assert parse_duration("0s") == 0


@pytest.mark.parametrize("text", ["0s", "0d", "000h", "1969-12-31", "1969-12-30", "0001-01-01"])
def test_an_expiry_that_leaves_no_time_is_refused(text: str) -> None:
    """0 seconds since the epoch means that a key never expires."""
    with pytest.raises(MeteringError, match="leaves no time"):
        parse_expiry(text)


def test_a_day_is_the_last_one() -> None:
    assert parse_expiry("2026-12-31") == (int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()), 0)
    assert parse_expiry("2028-02-29") == (int(datetime(2028, 3, 1, tzinfo=UTC).timestamp()), 0)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-30", "2027-02-29", "9999-12-31", "31.12.2026", "tomorrow", "", "\u202e2026-12-31", "2026-W53-4"),
        *("20261231", "2026-12-31T12:00+02:00", "2026-12-31Z", "\u0662\u0660\u0662\u0666-12-31"),
    ],
)
def test_no_day_is_refused(text: str) -> None:
    with pytest.raises(MeteringError, match="is no day and no duration") as caught:
        parse_expiry(text)
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "9999-12", "0000-01", "\u0662026-11"]
)
def test_no_month_is_refused(text: str) -> None:
    with pytest.raises(MeteringError, match="is no month"):
        check_month(text)


def test_a_month_is_settled_an_hour_after_its_end() -> None:
    assert end_of_month(check_month("2026-12")) == datetime(2027, 1, 1, tzinfo=UTC)
    assert not is_settled("2026-11", datetime(2026, 12, 1, 0, 59, tzinfo=UTC))
    assert is_settled("2026-11", datetime(2026, 12, 1, 1, tzinfo=UTC))
