"""Text from outside in messages: no control character reaches a terminal, and nothing fills a screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from unicodedata import category

_MAX_NAME: Final = 60
_MAX_NAMES: Final = 6
_MAX_MESSAGE: Final = 300
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control and format characters, halves of surrogate pairs, line and paragraph separators."""


def escape_controls(text: str, keep: str = "") -> str:
    r"""Replace each control character by its escape, such as \x1b. Halves of surrogate pairs are replaced too.

    Args:
        text: Any text.
        keep: Control characters that stay.
    """
    plain = text
    for each in keep:
        plain = plain.replace(each, "")
    if plain.isascii() and plain.isprintable():
        return text
    return "".join(_escape(each) if category(each) in _HIDDEN and each not in keep else each for each in text)


def escape_lines(text: str) -> str:
    """Replace each control character by its escape, except line feeds and tabs."""
    return escape_controls(text, keep="\n\t")


def shorten(text: str, most: int = _MAX_MESSAGE) -> str:
    """Return a text on one line, without control characters, and cut after `most` characters."""
    line = escape_controls(" ".join(text[: 4 * most].split()))
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[:most]}…"


def name_of(name: str) -> str:
    """Return a name from outside as a message shows it."""
    return escape_controls(name) if len(name) <= _MAX_NAME else f"{escape_controls(name[:_MAX_NAME])}…"


def join_names(names: Iterable[str]) -> str:
    """Return some names from outside as a message lists them: the first six, and how many more there are."""
    found = list(names)
    shown = ", ".join(map(name_of, found[:_MAX_NAMES]))
    return shown + (f" and {len(found) - _MAX_NAMES} more" if len(found) > _MAX_NAMES else "")


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
