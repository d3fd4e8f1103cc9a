"""Steps that change a text before it is cut: the normalizers of tokenizer.json.

Each step says two things: the changed text, and for each of its characters the place of the one that it comes from. The
second is slower and is asked for only where somebody wants to know where the tokens are.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Iterable
from pilotlight_runtime.text.tokenization.character_classes import MOST_KEPT, WHITE, CharacterTable
from pilotlight_runtime.text.tokenization.patterns import Finder

Trace = list[tuple[str, int]]
"""Each character of a changed text, and the place of the character that it comes from; -1 for one from nowhere."""


def trace_changes(changes: Iterable[tuple[str, int]]) -> Trace:
    """Finds the places of characters by what they replace, as `tokenizers` counts it.

    Args:
        changes: Each character, and how it came: 0 instead of one character, a positive number as a further one, -n
            instead of one and the n behind it.

    Returns:
        The characters and their places; -1 for one that comes before all of the text.
    """
    traced: Trace = []
    place = 0
    for character, change in changes:
        if change > 0:
            traced.append((character, place - 1))
        else:
            traced.append((character, place))
            place += 1 - change
    return traced


class Characters:
    """Replaces characters by others, or leaves them out.

    Args:
        table: What each character becomes.
    """

    def __init__(self, table: CharacterTable) -> None:
        self._table = table

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text. `first` says whether it begins where the whole text begins; so in all steps."""
        del first
        return text.translate(self._table)

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where; so in all steps."""
        del first
        found = ((self._table[ord(character)], place) for place, character in enumerate(text))
        return [(chr(changed), place) for changed, place in found if changed is not None]


class Padded:
    """Puts a space on both sides of characters, such as the ideographs of Chinese.

    Args:
        table: Gives those characters a true value.
    """

    def __init__(self, table: CharacterTable) -> None:
        self._table = table

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        if text.isascii():
            return text
        return "".join([character for character, _ in self.trace(text, first=first)])

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where."""
        del first
        traced: Trace = []
        for place, character in enumerate(text):
            padded = f" {character} " if self._table[ord(character)] else character
            traced += [(part, place) for part in padded]
        return traced


class Lowercase:
    """Writes each character in lower case, whatever stands beside it.

    Args:
        others: Characters that a version of Python knows otherwise, and their lower case; all others stay.
    """

    def __init__(self, others: CharacterTable) -> None:
        self._table = _LowerTable(others)

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        return text.lower() if text.isascii() else text.translate(self._table)

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where."""
        del first
        return [(part, place) for place, character in enumerate(text) for part in self._table[ord(character)]]


class _LowerTable(dict[int, str]):
    def __init__(self, others: CharacterTable) -> None:
        super().__init__()
        self._others = others

    def __missing__(self, character: int) -> str:
        if len(self) >= MOST_KEPT:
            self.clear()
        other = self._others[character]
        self[character] = lower = chr(character).lower() if other in (None, character) else chr(other)
        return lower


class Replace:
    """Replaces what a pattern matches.

    Args:
        finder: Finds the pattern.
        new: What stands there instead.
    """

    def __init__(self, finder: Finder, new: str) -> None:
        self._pieces = finder.pieces
        self._new = new

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        return "".join([self._new if matched else text[begin:end] for begin, end, matched in self._pieces(text)])

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where."""
        del first
        traced: Trace = []
        for begin, end, matched in self._pieces(text):
            if matched:
                traced += [(part, end - 1) for part in self._new]
            else:
                traced += [(text[place], place) for place in range(begin, end)]
        return traced


class Prepend:
    """Puts a text in front.

    Args:
        prefix: The text.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        return self._prefix + text if text else text

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where."""
        changed = self.apply(text, first=first)
        added = len(changed) - len(text)
        return [(part, max(place - added, 0)) for place, part in enumerate(changed)]


class Prefix(Prepend):
    """Puts a text in front where the text does not begin with it already."""

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        return text if text.startswith(self._prefix) else super().apply(text, first=first)


class Metaspace(Prepend):
    """Writes spaces as a mark, and puts the mark in front.

    Args:
        mark: The character.
        scheme: "always", "never", or "first": only where the whole text begins.
    """

    def __init__(self, mark: str, scheme: str) -> None:
        super().__init__(mark)
        self._scheme = scheme

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        text = text.replace(" ", self._prefix)
        if text.startswith(self._prefix) or not (self._scheme == "always" or (self._scheme == "first" and first)):
            return text
        return super().apply(text, first=first)


class Strip:
    """Leaves white space at the ends out.

    Args:
        left: Whether it is left out at the begin.
        right: Whether it is left out at the end.
    """

    def __init__(self, *, left: bool, right: bool) -> None:
        self._left = left
        self._right = right

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        text = text.lstrip(WHITE) if self._left else text
        return text.rstrip(WHITE) if self._right else text

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where."""
        kept = self.apply(text, first=first)
        begin = len(text) - len(text.lstrip(WHITE)) if self._left and kept else 0
        return [(part, begin + place) for place, part in enumerate(kept)]
