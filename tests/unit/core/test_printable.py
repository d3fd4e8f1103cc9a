from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.core.printable import escape_controls, join_names, name_of, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é 你 😀", "é 你 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b\x7f", "\\x9b\\x7f"),
        ("\u202eabc\u2028", "\\u202eabc\\u2028"),
        ("\udcff", "\\udcff"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


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
