r"""Sets of characters in a regular expression: escapes and classes."""

from __future__ import annotations

from pilotlight_runtime.language.schema.character_sets import (
    ASCII,
    CLASSES,
    LAST,
    WRITABLE,
    Ranges,
    difference,
    intersection,
    union,
)
from pilotlight_runtime.language.schema.pattern_nodes import UnsupportedPattern
from pilotlight_runtime.light_typing import Final

_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_HEX_DIGITS: Final = {"x": 2, "u": 4}
_HEX: Final = "0123456789abcdefABCDEF"


class Cursor:
    """A place in a pattern."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> str:
        """The next character; "" at the end."""
        return self.text[self.position : self.position + 1]

    def at_end(self) -> bool:
        """Whether everything is read."""
        return self.position >= len(self.text)

    def take(self, text: str) -> bool:
        """Passes a text, where it comes next. Returns whether it does."""
        found = self.text.startswith(text, self.position)
        self.position += len(text) * found
        return found


def read_escape(cursor: Cursor) -> Ranges:
    """Reads what follows a backslash."""
    character = cursor.peek()
    cursor.position += 1
    if character in CLASSES:
        return CLASSES[character]
    if character in _HEX_DIGITS:
        return _read_hex(cursor, _HEX_DIGITS[character])
    if character in _ESCAPES:
        number = ord(_ESCAPES[character])
    elif character and not character.isalnum() and character != "_":
        number = ord(character)
    else:
        raise UnsupportedPattern(f"has \\{character}, which is not supported")
    return ((number, number),)


def _read_hex(cursor: Cursor, digits: int) -> Ranges:
    text = cursor.text[cursor.position : cursor.position + digits]
    if len(text) < digits or any(each not in _HEX for each in text):
        raise UnsupportedPattern(f"has an escape without its {digits} hexadecimal digits")
    cursor.position += digits
    number = int(text, 16)
    if 0xD800 <= number <= 0xDFFF:
        raise UnsupportedPattern("has a surrogate: write the character itself")
    return ((number, number),)


def read_class(cursor: Cursor) -> Ranges:
    """Reads a class behind its opening bracket."""
    negated = cursor.take("^")
    if cursor.peek() == "]":
        raise UnsupportedPattern("has a class without characters")
    sets, ascii_alone = [], False
    while not cursor.take("]"):
        if cursor.at_end():
            raise UnsupportedPattern("has a class that does not end")
        low, is_class = _read_member(cursor)
        sets.append(low)
        ascii_alone = ascii_alone or is_class
        if not is_class and cursor.peek() == "-" and not cursor.text.startswith("-]", cursor.position):
            cursor.position += 1
            high, is_class = _read_member(cursor)
            if is_class or high[0][0] < low[0][0]:
                raise UnsupportedPattern("has a class with a range that is not well-formed")
            sets.append(((low[0][0], high[0][0]),))
    found = union(sets)
    if negated:
        found = difference(ASCII if ascii_alone else ((0, LAST),), _widen(found, ascii_alone=ascii_alone))
    return intersection(found, WRITABLE)


def _widen(found: Ranges, *, ascii_alone: bool) -> Ranges:
    r"""What a negated class leaves out: with \s also the separators that Python counts as spaces."""
    return union([found, ((0x1C, 0x1F),)]) if ascii_alone else found


def _read_member(cursor: Cursor) -> tuple[Ranges, bool]:
    """A character or a shorthand of a class, and whether it is a shorthand."""
    if cursor.take("\\"):
        shorthand = cursor.peek() in CLASSES and cursor.peek() != ""
        if cursor.take("b"):
            return ((0x08, 0x08),), False
        if cursor.take("-"):
            return ((0x2D, 0x2D),), False
        return read_escape(cursor), shorthand
    character = cursor.peek()
    if not character:
        raise UnsupportedPattern("has a class that does not end")
    cursor.position += 1
    return ((ord(character), ord(character)),), False
