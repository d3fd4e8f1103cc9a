"""The table of replacements that a SentencePiece model carries: the normalizer "Precompiled" of tokenizer.json.

It is applied as `tokenizers` applies it: a character with the marks on it that has fewer than six bytes is looked up
first, and replaced whole by what its shortest known beginning becomes; otherwise each character by itself.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Iterator, Mapping
from pilotlight_runtime.text.tokenization.character_classes import CharacterTable
from pilotlight_runtime.text.tokenization.normalizers import Trace, trace_changes

JOINS: Final = 1
"""A character that belongs to the one before it, such as a mark."""
PREPENDS: Final = 2
"""A character that belongs to the one behind it."""
SEPARATES: Final = 3
"""A control character, which belongs to none."""
MOST_BYTES: Final = 5
"""Of a character with its marks that is looked up whole."""


class Charsmap:
    """Replaces characters by such a table.

    Args:
        replacements: What each entry becomes.
        kinds: JOINS, PREPENDS or SEPARATES, or 0 for any other character.
    """

    def __init__(self, replacements: Mapping[str, str], kinds: CharacterTable) -> None:
        self._replacements = replacements
        self._kinds = kinds
        self._single = {ord(old): new for old, new in replacements.items() if len(old) == 1}

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        if "\r\n" not in text and not any(self._kinds[ord(character)] in (JOINS, PREPENDS) for character in set(text)):
            return text.translate(self._single)
        return "".join([old if new is None else new for old, new in self._parts(text)])

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where.

        `tokenizers` counts how many characters each new one replaces, and counts none that are left out at the begin;
        so does this.
        """
        del first
        changes: list[tuple[str, int]] = []
        for old, new in self._parts(text):
            if new is None:
                changes += [(character, 0) for character in old]
                continue
            more = len(new) - len(old)
            changes += [(character, int(place >= len(old))) for place, character in enumerate(new)]
            if more < 0 and changes:
                changes[-1] = (changes[-1][0], changes[-1][1] + more)
        return trace_changes(changes)

    def _parts(self, text: str) -> Iterator[tuple[str, str | None]]:
        """Cuts a text into parts and what they become; None where they stay."""
        begin = 0
        for end in range(1, len(text) + 1):
            if end < len(text) and self._joined(text[end - 1], text[end]):
                continue
            cluster = text[begin:end]
            begin = end
            new = self._lookup(cluster) if len(cluster.encode()) <= MOST_BYTES else None
            if new is not None:
                yield cluster, new
            else:
                yield from ((character, self._replacements.get(character)) for character in cluster)

    def _lookup(self, cluster: str) -> str | None:
        """What the shortest known beginning of some characters becomes."""
        for length in range(1, len(cluster) + 1):
            new = self._replacements.get(cluster[:length])
            if new is not None:
                return new
        return None

    def _joined(self, left: str, right: str) -> bool:
        """Whether two neighbours are one character with its marks (Unicode's extended grapheme clusters).

        Left out are pairs that cannot be in one of fewer than six bytes anyway.
        """
        if left == "\r" and right == "\n":
            return True
        before, behind = self._kinds[ord(left)], self._kinds[ord(right)]
        if SEPARATES in (before, behind):
            return False
        return behind == JOINS or before == PREPENDS or _joined_hangul(left, right)


def _joined_hangul(left: str, right: str) -> bool:
    """Whether two letters of Hangul are one syllable."""
    before, behind = _hangul(ord(left)), _hangul(ord(right))
    return behind in _SYLLABLES.get(before, "")


def _hangul(character: int) -> str:
    """The part of a syllable that a letter is, or a syllable without ("v") or with ("t") a trailing letter."""
    if character < _LETTERS[0][0]:
        return " "
    if 0xAC00 <= character <= 0xD7A3:
        return "t" if (character - 0xAC00) % 28 else "v"
    for first, last, kind in _LETTERS:
        if first <= character <= last:
            return kind
    return " "


_LETTERS: Final = (
    (0x1100, 0x115F, "L"),
    (0xA960, 0xA97C, "L"),
    (0x1160, 0x11A7, "V"),
    (0xD7B0, 0xD7C6, "V"),
    (0x11A8, 0x11FF, "T"),
    (0xD7CB, 0xD7FB, "T"),
)
_SYLLABLES: Final = {"L": "LVvt", "V": "VT", "v": "VT", "T": "T", "t": "T"}
"""What may follow a part of a syllable."""
