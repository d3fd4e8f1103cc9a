import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.core.printable import escape_controls, escape_lines, join_names, name_of, shorten

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x202E, 0x2066, 0xD800)]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_becomes_an_escape(control: str) -> None:
    escaped = escape_controls(f"a{control}b")
    assert escaped.isprintable()
    assert escaped.encode().decode("unicode_escape") == f"a{control}b"


def test_line_feeds_and_tabs_may_stay() -> None:
    assert escape_lines("a\tb\nc") == "a\tb\nc"
    assert escape_lines("a\tb\nc\r\x1b[31m") == "a\tb\nc\\r\\x1b[31m"


def test_what_people_write_stays() -> None:
    text = "".join(chr(code) for code in range(sys.maxunicode + 1) if chr(code).isprintable())
    assert escape_controls(text) == escape_lines(text) == text
    assert escape_controls("") == ""


def test_a_caller_keeps_what_it_needs() -> None:
    assert escape_controls("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@given(st.text(st.characters()))
def test_no_text_is_more_than_one_printable_line(text: str) -> None:
    for shown in (shorten(text), name_of(text), join_names([text, text])):
        assert "\n" not in shown
        assert "\x1b" not in shown
        shown.encode()


def test_long_texts_are_cut() -> None:
    assert shorten("x" * 10_000_000, 10) == "x" * 10 + "…"
    assert name_of("x" * 100) == "x" * 60 + "…"
    assert join_names(f"n{number}" for number in range(100)) == "n0, n1, n2, n3, n4, n5 and 94 more"
