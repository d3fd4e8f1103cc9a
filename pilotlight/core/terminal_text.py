r"""Text from outside, made harmless for a terminal and for a log.

A control character in a path, a tensor's name or an error message can move the cursor, hide what was printed before, or
begin a line of a log that nobody wrote. So each becomes the escape that JSON has for it, such as \u001b: text that is
JSON keeps its meaning.
"""

from __future__ import annotations

from typing import Final

_CONTROLS: Final = (*range(0x20), 0x7F, *range(0x80, 0xA0))
"""The C0 controls, DEL and the C1 controls (ECMA-48)."""

_LINE_ENDS: Final = (0x2028, 0x2029)
"""Other line ends of Unicode, which some viewers of logs follow."""

_DIRECTIONS: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""What changes the direction of writing, so that a text looks like another (Unicode Standard Annex 9)."""

_SURROGATES: Final = range(0xD800, 0xE000)
"""Halves of a character, which no encoding writes."""

_ESCAPES: Final = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_LINE_ENDS, *_DIRECTIONS, *_SURROGATES)}
_ESCAPES_IN_LINES: Final = {code: escape for code, escape in _ESCAPES.items() if chr(code) not in "\t\n"}


def escape_line(text: str) -> str:
    """Return text that stays on one line, with every control character as an escape."""
    return text if text.isprintable() and text.isascii() else text.translate(_ESCAPES)


def escape_lines(text: str) -> str:
    """Return text in which every control character but line feeds and tabs is an escape."""
    return text if text.isprintable() and text.isascii() else text.translate(_ESCAPES_IN_LINES)
