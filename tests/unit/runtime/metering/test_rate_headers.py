"""x-ratelimit headers."""

import pytest

from pilotlight_runtime.metering.rate_headers import name_unit, write_rate_headers
from pilotlight_runtime.metering.windows import Window

NOW = 1_795_651_200 + 3600


def test_the_window_with_the_least_left_has_openais_names() -> None:
    windows = (Window("day", "2026-11-26", 40, 100), Window("month", "2026-11", 7, 1000))
    assert write_rate_headers(windows, NOW, "requests") == {
        "x-ratelimit-limit-day": "100",
        "x-ratelimit-remaining-day": "40",
        "x-ratelimit-reset-day": "23h0m0s",
        "x-ratelimit-limit-month": "1000",
        "x-ratelimit-remaining-month": "7",
        "x-ratelimit-reset-month": "119h0m0s",
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": "7",
        "x-ratelimit-reset-requests": "119h0m0s",
    }


def test_a_window_without_a_limit_has_none() -> None:
    assert write_rate_headers((Window("day", "2026-11-26", -5, None),), NOW, "units") == {}


def test_less_than_nothing_is_told_as_nothing() -> None:
    found = write_rate_headers((Window("day", "2026-11-26", -5, 10),), NOW + 82_740, "tokens")
    assert found["x-ratelimit-remaining-tokens"] == "0"
    assert found["x-ratelimit-reset-tokens"] == "1m0s"


@pytest.mark.parametrize(
    ("counted", "unit"),
    [
        (["requests"], "requests"), (["tokens_in", "tokens_out"], "tokens"), (["requests", "rows"], "units"),
        (["rows"], "units"), ([], "units"),
    ],
)  # fmt: skip
def test_a_unit_has_the_name_of_what_is_counted(counted: list[str], unit: str) -> None:
    assert name_unit(counted) == unit
