"""Days and months in UTC."""

from calendar import timegm

import pytest

from pilotlight_runtime.metering.windows import find_end, label_windows


def at(*moment: int) -> int:
    return timegm((*moment, 0, 0, 0))


@pytest.mark.parametrize(
    ("moment", "day", "month", "day_end", "month_end"),
    [
        (at(2026, 11, 26, 0, 0, 0), "2026-11-26", "2026-11", at(2026, 11, 27, 0, 0, 0), at(2026, 12, 1, 0, 0, 0)),
        (at(2026, 12, 31, 23, 59, 59), "2026-12-31", "2026-12", at(2027, 1, 1, 0, 0, 0), at(2027, 1, 1, 0, 0, 0)),
        (at(2028, 2, 29, 12, 0, 0), "2028-02-29", "2028-02", at(2028, 3, 1, 0, 0, 0), at(2028, 3, 1, 0, 0, 0)),
        (at(2027, 2, 28, 23, 0, 0), "2027-02-28", "2027-02", at(2027, 3, 1, 0, 0, 0), at(2027, 3, 1, 0, 0, 0)),
    ],
)
def test_labels_and_ends(moment: int, day: str, month: str, day_end: int, month_end: int) -> None:
    assert label_windows(moment + 0.5) == {"day": day, "month": month}
    assert find_end("day", moment + 0.5) == day_end
    assert find_end("month", moment + 0.5) == month_end
