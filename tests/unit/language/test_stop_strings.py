"""Stop strings: what is sent, what is held back, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generation.stop_strings import LONGEST, StopStrings

FEW_SIGNS = st.text(alphabet="ab\u00e9", min_size=1, max_size=5)


def cut(text: str, stops: Sequence[str]) -> str:
    """The text before the stop string that ends first; of those that end there, the longest."""
    for end in range(len(text) + 1):
        starts = [end - len(stop) for stop in stops if text[:end].endswith(stop)]
        if starts:
            return text[: min(starts)]
    return text


def sent(parts: Sequence[str], stops: Sequence[str]) -> tuple[list[str], bool]:
    watch, found = StopStrings(stops), []
    for part in parts:
        found.append(watch.push(part))
        if watch.found:
            return found, True
    return [*found, watch.finish()], watch.found


@given(st.lists(st.text(alphabet="ab\u00e9c", max_size=6), max_size=12), st.lists(FEW_SIGNS, max_size=5))
@example(["xab", "c"], ["abcd", "bc"])
@example(["aab"], ["aaab", "ab"])
def test_any_parts_give_the_text_before_the_first_stop_string(parts: list[str], stops: list[str]) -> None:
    found, stopped = sent(parts, stops)
    whole = "".join(parts)
    assert "".join(found) == cut(whole, stops)
    assert stopped == (cut(whole, stops) != whole or any(stop in whole for stop in stops))


@given(st.text(alphabet="ab", max_size=20), st.lists(FEW_SIGNS, min_size=1, max_size=4))
def test_nothing_is_sent_that_may_begin_a_stop_string(text: str, stops: list[str]) -> None:
    watch, so_far = StopStrings(stops), ""
    for place, sign in enumerate(text):
        so_far += watch.push(sign)
        if watch.found:
            break
        kept = text[: place + 1][len(so_far) :]
        assert all(not stop.startswith(text[start : place + 1]) for stop in stops for start in range(len(so_far)))
        assert not kept or any(stop.startswith(kept) for stop in stops)


def test_without_stop_strings_all_is_sent_at_once() -> None:
    watch = StopStrings(())
    assert [watch.push("a"), watch.push("bc"), watch.finish()] == ["a", "bc", ""]
    assert not watch.found


@pytest.mark.parametrize("bad", ["", "a" * (LONGEST + 1)])
def test_a_string_of_no_length_or_too_long_is_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest, match=f"1 to {LONGEST} characters, got {len(bad)}"):
        StopStrings(["stop", bad])


def test_ten_thousand_strings_cost_little_more_than_four() -> None:
    """A scan of all of them would take thousands of times as long; twenty times covers a noisy machine."""
    text = "The quick brown fox jumps over the lazy dog. " * 200

    def cpu_time(stops: Sequence[str]) -> float:
        watch = StopStrings(stops)
        began = time.process_time()
        for place in range(0, len(text), 4):
            watch.push(text[place : place + 4])
        return time.process_time() - began

    few = min(cpu_time([f"stop {n}" for n in range(4)]) for _ in range(5))
    many = min(cpu_time([f"{chr(97 + n % 26)}topping {n}" for n in range(10_000)]) for _ in range(5))
    assert many < 20 * few, (many, few)
