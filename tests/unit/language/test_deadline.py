"""When an answer must end for the function's time."""

from __future__ import annotations

from pilotlight_runtime.language.generation.deadline import MARGIN_MS, Deadline


def passes(*left: float) -> list[bool]:
    times = iter(left)
    deadline = Deadline(lambda: next(times))
    return [deadline.passed() for _ in left]


def test_without_a_limit_it_never_passes() -> None:
    assert not Deadline(None).passed()


def test_it_passes_when_only_the_margin_is_left() -> None:
    assert passes(MARGIN_MS + 1) == [False]
    assert passes(MARGIN_MS - 1) == [True]


def test_it_leaves_room_for_two_steps_as_slow_as_the_slowest() -> None:
    assert passes(5000, 4000, 3000, MARGIN_MS + 2001, MARGIN_MS + 1999) == [False, False, False, False, True]
