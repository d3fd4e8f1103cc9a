r"""Regular expressions as ECMA-262 writes them, as far as an automaton can follow them.

Understood are characters, `.`, classes, \d \w \s \D \W \S, escapes, groups, `|`, `* + ? {n} {n,} {n,m}` (lazy as well),
and `^` and `$` at the ends of an alternative of the whole pattern. Refused by name are look-around, references to
groups, \b, \p and flags.
"""

from __future__ import annotations

from pilotlight_runtime.language.schema.character_sets import (
    ASCII,
    CLASSES,
    LAST,
    LINE_ENDS,
    WRITABLE,
    Ranges,
    difference,
    intersection,
    union,
)
from pilotlight_runtime.light_typing import Final, NamedTuple

_DEEPEST: Final = 30
_MOST_TIMES: Final = 1_000
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_HEX_DIGITS: Final = {"x": 2, "u": 4}
_HEX: Final = "0123456789abcdefABCDEF"


class UnsupportedPattern(ValueError):
    """The pattern is not well-formed, or has something that no automaton follows."""


class Characters(NamedTuple):
    """One character of a set."""

    ranges: Ranges


class Sequence(NamedTuple):
    """One after the other."""

    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """One of several."""

    branches: tuple[Node, ...]


class Repeated(NamedTuple):
    """Several times.

    Attributes:
        part: What is repeated.
        least: How often at least.
        most: How often at most; None where there is no bound.
    """

    part: Node
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeated

_ANYTHING: Final = Repeated(Characters(WRITABLE), 0, None)


def parse_pattern(pattern: str) -> Node:
    """Reads a pattern.

    Args:
        pattern: The pattern. As JSON Schema has it, it may match anywhere in a text unless it is anchored.

    Returns:
        What the whole text must be.

    Raises:
        UnsupportedPattern: It can't be followed.
    """
    reader = _Reader(pattern)
    branches = [reader.read_anchored()]
    while reader.take("|"):
        branches.append(reader.read_anchored())
    if not reader.at_end():
        raise UnsupportedPattern(f"has an unmatched {reader.peek()!r} at character {reader.position + 1}")
    return Choice(tuple(branches))


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self.position = 0
        self._depth = 0

    def peek(self) -> str:
        return self._text[self.position : self.position + 1]

    def at_end(self) -> bool:
        return self.position >= len(self._text)

    def take(self, text: str) -> bool:
        found = self._text.startswith(text, self.position)
        self.position += len(text) * found
        return found

    def read_anchored(self) -> Node:
        """An alternative of the whole pattern, with what may stand around it."""
        parts: list[Node] = [] if self.take("^") else [_ANYTHING]
        parts.append(self._read_sequence())
        if not self.take("$"):
            parts.append(_ANYTHING)
        return Sequence(tuple(parts))

    def _read_sequence(self) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")", "$"):
            parts.append(self._read_repeats(self._read_one()))
        return Sequence(tuple(parts))

    def _read_one(self) -> Node:
        at = self.position
        if self.take("("):
            return self._read_group()
        if self.take("["):
            return Characters(self._read_class())
        if self.take("\\"):
            return Characters(intersection(self._read_escape(), WRITABLE))
        character = self.peek()
        if character == "^":
            raise UnsupportedPattern("has '^' elsewhere than at the beginning of an alternative")
        if character in "*+?{":
            raise UnsupportedPattern(f"has {character!r} at character {at + 1} with nothing to repeat")
        self.position += 1
        if character == ".":
            return Characters(difference(WRITABLE, LINE_ENDS))
        return Characters(intersection(((ord(character), ord(character)),), WRITABLE))

    def _read_group(self) -> Node:
        if self.take("?") and not self.take(":"):
            named = (self.take("P<") or self.take("<")) and self.peek() not in ("=", "!")
            end = self._text.find(">", self.position)
            if not named or end < 0:
                raise UnsupportedPattern("has a group that begins with '(?' and is neither (?:…) nor named")
            self.position = end + 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnsupportedPattern(f"has groups more than {_DEEPEST} deep")
        branches = [self._read_sequence()]
        while self.take("|"):
            branches.append(self._read_sequence())
        if self.peek() == "$":
            raise UnsupportedPattern("has '$' elsewhere than at the end of an alternative")
        if not self.take(")"):
            raise UnsupportedPattern("has a group that does not end")
        self._depth -= 1
        return Choice(tuple(branches))

    def _read_repeats(self, node: Node) -> Node:
        character = self.peek()
        if not character or character not in "*+?{":
            return node
        self.position += 1
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character) or self._read_times()
        self.take("?")  # how greedy it is makes no difference to what matches
        if (following := self.peek()) and following in "*+?{":
            raise UnsupportedPattern(f"has {following!r} at character {self.position + 1} behind another repetition")
        return Repeated(node, least, most)

    def _read_times(self) -> tuple[int, int | None]:
        least = self._read_number()
        most: int | None = least
        if self.take(","):
            most = None if self.peek() == "}" else self._read_number()
        if not self.take("}") or (most is not None and most < least):
            raise UnsupportedPattern(f"has a repetition that is not well-formed at character {self.position + 1}")
        return least, most

    def _read_number(self) -> int:
        start = self.position
        while self.peek() and self.peek() in "0123456789":
            self.position += 1
        digits = self._text[start : self.position]
        if not digits or len(digits) > 4 or int(digits) > _MOST_TIMES:
            raise UnsupportedPattern(f"has a repetition without a number up to {_MOST_TIMES}")
        return int(digits)

    def _read_escape(self) -> Ranges:
        character = self.peek()
        self.position += 1
        if character in CLASSES:
            return CLASSES[character]
        if character in _HEX_DIGITS:
            return self._read_hex(_HEX_DIGITS[character])
        if character in _ESCAPES:
            number = ord(_ESCAPES[character])
        elif character and not character.isalnum() and character != "_":
            number = ord(character)
        else:
            raise UnsupportedPattern(f"has \\{character}, which is not supported")
        return ((number, number),)

    def _read_hex(self, digits: int) -> Ranges:
        text = self._text[self.position : self.position + digits]
        if len(text) < digits or any(each not in _HEX for each in text):
            raise UnsupportedPattern(f"has an escape without its {digits} hexadecimal digits")
        self.position += digits
        number = int(text, 16)
        if 0xD800 <= number <= 0xDFFF:
            raise UnsupportedPattern("has a surrogate: write the character itself")
        return ((number, number),)

    def _read_class(self) -> Ranges:
        negated = self.take("^")
        if self.peek() == "]":
            raise UnsupportedPattern("has a class without characters")
        sets, ascii_alone = [], False
        while not self.take("]"):
            if self.at_end():
                raise UnsupportedPattern("has a class that does not end")
            low, is_class = self._read_member()
            sets.append(low)
            ascii_alone = ascii_alone or is_class
            if not is_class and self.peek() == "-" and not self._text.startswith("-]", self.position):
                self.position += 1
                high, is_class = self._read_member()
                if is_class or high[0][0] < low[0][0]:
                    raise UnsupportedPattern("has a class with a range that is not well-formed")
                sets.append(((low[0][0], high[0][0]),))
        found = union(sets)
        if negated:
            found = difference(ASCII if ascii_alone else ((0, LAST),), self._widen(found, ascii_alone=ascii_alone))
        return intersection(found, WRITABLE)

    def _widen(self, found: Ranges, *, ascii_alone: bool) -> Ranges:
        r"""What a negated class leaves out: with \s also the separators that Python counts as spaces."""
        return union([found, ((0x1C, 0x1F),)]) if ascii_alone else found

    def _read_member(self) -> tuple[Ranges, bool]:
        """A character or a shorthand of a class, and whether it is a shorthand."""
        if self.take("\\"):
            shorthand = self.peek() in CLASSES and self.peek() != ""
            if self.take("b"):
                return ((0x08, 0x08),), False
            if self.take("-"):
                return ((0x2D, 0x2D),), False
            return self._read_escape(), shorthand
        character = self.peek()
        if not character:
            raise UnsupportedPattern("has a class that does not end")
        self.position += 1
        return ((ord(character), ord(character)),), False
