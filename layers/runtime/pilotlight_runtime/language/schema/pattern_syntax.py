r"""Regular expressions as ECMA-262 writes them, as far as an automaton can follow them.

Understood are characters, `.`, classes, \d \w \s \D \W \S, escapes, groups, `|`, `* + ? {n} {n,} {n,m}` (lazy as well),
and `^` and `$` at the ends of an alternative of the whole pattern. Refused by name are look-around, references to
groups, \b, \p and flags.
"""

from __future__ import annotations

from pilotlight_runtime.language.schema.character_sets import LINE_ENDS, WRITABLE, difference, intersection
from pilotlight_runtime.language.schema.pattern_nodes import (
    Characters,
    Choice,
    Node,
    Repeated,
    Sequence,
    UnsupportedPattern,
)
from pilotlight_runtime.language.schema.pattern_sets import Cursor, read_class, read_escape
from pilotlight_runtime.light_typing import Final

_DEEPEST: Final = 30
_MOST_TIMES: Final = 1_000


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


class _Reader(Cursor):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._depth = 0

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
            return Characters(read_class(self))
        if self.take("\\"):
            return Characters(intersection(read_escape(self), WRITABLE))
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
            end = self.text.find(">", self.position)
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
        digits = self.text[start : self.position]
        if not digits or len(digits) > 4 or int(digits) > _MOST_TIMES:
            raise UnsupportedPattern(f"has a repetition without a number up to {_MOST_TIMES}")
        return int(digits)
