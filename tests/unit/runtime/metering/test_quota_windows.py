"""Days and months in UTC."""

from calendar import timegm

import pytest

from pilotlight_runtime.metering.windows import DAY, MONTH, Window, find_end, label_windows


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
    assert find_end(Window(DAY, day, 0, 1), moment + 0.5) == day_end
    assert find_end(Window(MONTH, month, 0, 1), moment + 0.5) == month_end


@pytest.mark.parametrize(
    ("moment", "window", "end"),
    [
        (at(2026, 11, 26, 23, 0, 0), Window(DAY, "2026-11-27", 0, 1), at(2026, 11, 28, 0, 0, 0)),
        (at(2026, 11, 30, 23, 0, 0), Window(MONTH, "2026-12", 0, 1), at(2027, 1, 1, 0, 0, 0)),
        (at(2027, 1, 31, 23, 0, 0), Window(MONTH, "2027-02", 0, 1), at(2027, 3, 1, 0, 0, 0)),
        (at(2026, 12, 31, 23, 0, 0), Window(MONTH, "2027-01", 0, 1), at(2027, 2, 1, 0, 0, 0)),
    ],
)
def test_a_window_that_began_by_another_clock_ends_by_its_label(moment: int, window: Window, end: int) -> None:
    assert find_end(window, moment) == end


def test_each_day_of_ten_years_ends_with_the_next_one() -> None:
    for day in range(3653):
        now = at(2024, 1, 1, 0, 0, 0) + day * 86_400 + day % 86_400
        labels = label_windows(now)
        for name, label in labels.items():
            end = find_end(Window(name, label, 0, 1), now)
            assert label_windows(end - 1)[name] == label < label_windows(end)[name]
