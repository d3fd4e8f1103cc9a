r"""Reads regular expressions as Oniguruma writes them, as far as tokenizers use them.

Supported: characters, classes with ranges, negation and classes within, \p{...} of general categories and Han, \s \w \d
and their opposites, alternatives, groups, look-ahead and look-behind, atomic groups, (?i:...) over ASCII letters, and
quantifiers, also lazy and possessive ones. Everything else is refused by name.
"""

import re
from typing import Final

from pilotlight.language.tokenization.character_ranges import (
    Ranges,
    find_property,
    invert,
    of_characters,
    read_classes,
    unite,
)

Pattern = list["str | Ranges"]
"""Text that is the same for Python's `re`, and sets of characters."""

_GROUPS: Final = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:")
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_CLASSES: Final = {"s": "space", "w": "word", "d": "Nd"}
_BRACES: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")
_OTHER_CASES: Final = {"k": "\u212a", "s": "\u017f"}
"""Characters beyond ASCII that are a letter of ASCII in another case."""
_FOLDED_PAIRS: Final = ("ss", "st", "ff", "fi", "fl")
"""Letters that Oniguruma finds as one character too, such as U+00DF, where case does not count."""


def parse_pattern(pattern: str) -> Pattern:
    """Reads an expression.

    Args:
        pattern: The expression.

    Returns:
        Its parts in order.

    Raises:
        ValueError: It has something that is not supported.
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._groups: list[bool] = []
        """For each open group, whether case counted outside of it."""
        self._any_case = False
        self._parts: Pattern = []

    def parse(self) -> Pattern:
        while self._at < len(self._text):
            self._parse_one()
        if self._groups:
            raise ValueError("a group is not closed")
        return self._parts

    def _parse_one(self) -> None:
        character = self._text[self._at]
        if character == "(":
            self._open_group()
        elif character == ")":
            if not self._groups:
                raise ValueError("a bracket closes no group")
            self._any_case = self._groups.pop()
            self._take(character)
        elif character == "|":
            self._take(character)
        elif character in "^$.":
            raise ValueError(f"{character!r} is not supported")
        elif character in "?*+" or (character == "{" and _BRACES.match(self._text, self._at)):
            self._quantify()
        elif character == "[":
            self._at += 1
            self._parts.append(self._parse_class())
        elif character == "\\":
            self._parts.append(self._parse_escape())
        else:
            self._at += 1
            self._parts.append(self._cases(character))

    def _take(self, text: str) -> None:
        self._parts.append(text)
        self._at += len(text)

    def _open_group(self) -> None:
        self._groups.append(self._any_case)
        opening = next((group for group in _GROUPS if self._text.startswith(group, self._at)), None)
        if opening is None:
            if self._text.startswith("(?", self._at):
                raise ValueError(f"{self._text[self._at : self._at + 4]!r} is not supported")
            opening = "("
        self._at += len(opening)
        self._any_case = self._any_case or opening == "(?i:"
        self._parts.append("(?:" if opening in ("(", "(?i:") else opening)
        if opening == "(?i:" and any(pair in self._text[self._at :].lower() for pair in _FOLDED_PAIRS):
            self._refuse_folded_pairs()

    def _refuse_folded_pairs(self) -> None:
        end = self._text.find(")", self._at)
        inside = self._text[self._at : end].lower()
        for pair in _FOLDED_PAIRS:
            if pair in inside:
                raise ValueError(f"{pair!r} where case does not count is not supported")

    def _quantify(self) -> None:
        braces = _BRACES.match(self._text, self._at)
        text = braces[0] if braces else self._text[self._at]
        if text in ("{}", "{,}"):
            raise ValueError(f"{text!r} is not supported")
        self._take(text)
        following = self._text[self._at : self._at + 1]
        if following in ("?", "+"):
            if braces:
                raise ValueError(f"{text + following!r} is not supported")
            self._take(following)

    def _cases(self, character: str) -> Ranges:
        """A character, with its other cases where case does not count."""
        if not self._any_case:
            return of_characters(character)
        lower = character.lower()
        if not character.isascii() and (lower != character or character.upper() != character):
            raise ValueError(f"{character!r} where case does not count is not supported")
        return of_characters({character, lower, character.upper(), *_OTHER_CASES.get(lower, "")})

    def _parse_escape(self) -> Ranges:
        """Reads what begins with a backslash."""
        kind = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        if kind.lower() == "p":
            return self._parse_property(negated=kind == "P")
        if kind.lower() in _CLASSES and kind:
            ranges = read_classes()[_CLASSES[kind.lower()]]
            return invert(ranges) if kind.isupper() else ranges
        return self._cases(self._parse_character(kind))

    def _parse_character(self, kind: str) -> str:
        """Reads one character behind a backslash."""
        if kind in _CONTROLS and kind:
            return _CONTROLS[kind]
        number = re.compile(r"\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2})" if kind == "x" else r"()([0-9A-Fa-f]{4})")
        if kind in ("x", "u"):
            match = number.match(self._text, self._at)
            if match is None:
                raise ValueError(f"'\\{kind}' without a number is not supported")
            self._at = match.end()
            return chr(int(match[1] or match[2], 16))
        if not kind or kind.isalnum():
            raise ValueError(f"'\\{kind}' is not supported")
        return kind

    def _parse_property(self, *, negated: bool) -> Ranges:
        match = re.compile(r"\{(\^?)([^}]*)\}").match(self._text, self._at)
        ranges = find_property(match[2]) if match else None
        if match is None or ranges is None or self._any_case:
            raise ValueError(f"'{self._text[self._at - 2 : match.end() if match else self._at + 1]}' is not supported")
        self._at = match.end()
        return invert(ranges) if negated != bool(match[1]) else ranges

    def _parse_class(self) -> Ranges:
        """Reads a class behind its opening bracket."""
        negated = self._text.startswith("^", self._at)
        self._at += negated
        ranges: list[tuple[int, int]] = []
        while not self._text.startswith("]", self._at):
            ranges += self._parse_member()
        self._at += 1
        united = unite(ranges)
        return invert(united) if negated else united

    def _parse_member(self) -> Ranges:
        if self._at >= len(self._text):
            raise ValueError("a class is not closed")
        if self._text.startswith(("&&", "[:"), self._at):
            raise ValueError(f"{self._text[self._at : self._at + 2]!r} in a class is not supported")
        if self._text[self._at] == "[":
            self._at += 1
            return self._parse_class()
        first = self._parse_class_character()
        follows = self._text[self._at : self._at + 2]
        if len(follows) < 2 or follows[0] != "-" or follows[1] == "]":
            return first
        self._at += 1
        last = self._parse_class_character()
        if self._any_case or len(first) != 1 or len(last) != 1 or first[0][0] > last[0][0]:
            raise ValueError("such a range of characters is not supported")
        return ((first[0][0], last[0][1]),)

    def _parse_class_character(self) -> Ranges:
        if self._text[self._at] == "\\":
            return self._parse_escape()
        self._at += 1
        return self._cases(self._text[self._at - 1])
