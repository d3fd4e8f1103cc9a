import sys

import pytest

from pilotlight.core.printable import escape_controls, escape_lines

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
