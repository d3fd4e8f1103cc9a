"""Subwords: cuts texts into frequent parts of words, and joins parts to a text again.

Byte-pair encoding over characters: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword
Units", 2016. Only functions that write texts import this module.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import pairwise

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Final, Iterable, Sequence
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.text.tokens import Vocabulary

MARK: Final = "\u2581"
"""Stands for the white space before a word, so that parts can be joined again; SentencePiece uses the same sign."""
BEGIN: Final = "<begin>"
END: Final = "<end>"

_LONG: Final = 64
"""Characters of a piece. No word is longer; a text without white space is."""


def pieces(text: str) -> list[str]:
    """Runs of letters and digits and single other characters, in lower case; MARK begins each after white space.

    A MARK in the text counts as white space.
    """
    found: list[str] = []
    for part in text.lower().replace(MARK, " ").split():
        found.append(MARK)
        for character in part:
            if found[-1] == MARK or (character.isalnum() and found[-1][-1].isalnum()):
                found[-1] += character
            else:
                found.append(character)
    return found


class Subwords:
    """The subwords of one language: characters, and the parts that merges make of them.

    Ids: 0 is padding, 1 an unknown character, 2 the begin and 3 the end of a sequence (`begin`, `end`), then the
    characters, then the merged parts.

    Args:
        characters: Every known character.
        merges: Pairs of parts that become one part, the earliest merge first.

    Raises:
        ValueError: A character comes twice.
    """

    def __init__(self, characters: Sequence[str], merges: Iterable[tuple[str, str]]) -> None:
        self.characters = tuple(characters)
        self.merges = tuple(merges)
        merged = dict.fromkeys(left + right for left, right in self.merges)
        self.vocabulary = Vocabulary((BEGIN, END, *self.characters, *merged))
        self.begin, self.end = self.vocabulary.ids((BEGIN, END))
        self._known = frozenset(self.characters)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}

    def cut(self, text: str) -> list[str]:
        """Cuts a text.

        Args:
            text: Any text.

        Returns:
            Its parts in lower case. An unknown character is a part by itself.
        """
        return [part for piece in pieces(text) for part in self._merged(piece)]

    def ids(self, text: str) -> list[int]:
        """Cuts a text and looks its parts up.

        Args:
            text: Any text.

        Returns:
            One id a part.
        """
        return self.vocabulary.ids(self.cut(text))

    def unknown(self, text: str) -> str:
        """Finds the first character that has no id.

        Args:
            text: Any text.

        Returns:
            The character in lower case, or the sign for white space; "" where all characters have an id.
        """
        known = self._known
        return next((each for each in text.lower() if each == MARK or not (each in known or each.isspace())), "")

    def text(self, ids: Iterable[int]) -> str:
        """Joins parts to a text, the reverse of `ids`.

        Args:
            ids: The parts of a text.

        Returns:
            The text in lower case. White space of any length is one space.
        """
        return "".join(map(self.vocabulary.token, ids)).replace(MARK, " ").strip()

    def dump(self) -> bytes:
        """Writes the subwords as an asset.

        Returns:
            JSON in UTF-8.
        """
        import json  # only the tool that trains writes vocabularies

        document = {"characters": self.characters, "merges": self.merges}
        return (json.dumps(document, ensure_ascii=False) + "\n").encode()

    @classmethod
    def load(cls, path: StrPath) -> Subwords:
        """Reads subwords that `dump` wrote.

        Args:
            path: The asset's path, see LoadedModel.asset.

        Returns:
            The subwords.

        Raises:
            ManifestError: The file holds no subwords.
        """
        document = read_json(path)
        try:
            merges = [(str(left), str(right)) for left, right in document["merges"]]
            return cls([str(character) for character in document["characters"]], merges)
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestError(f"{path} holds no subwords ({error}); train the model again") from error

    def _merged(self, piece: str) -> list[str]:
        """Cuts a piece: joins the pair with the earliest merge until no pair has one.

        A long piece waits in a heap, since looking at all pairs after each merge takes seconds for it.
        """
        if len(piece) > _LONG:
            return self._merged_long(piece)
        parts, never = list(piece), len(self.merges)
        while len(parts) > 1:
            rank, at = min((self._ranks.get(pair, never), index) for index, pair in enumerate(pairwise(parts)))
            if rank == never:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts

    def _merged_long(self, piece: str) -> list[str]:
        """As _merged. A part stays at the index of its first character; the indices of joined parts become empty."""
        parts, ranks = list(piece), self._ranks
        after = list(range(1, len(parts) + 1))
        before = list(range(-1, len(parts) - 1))
        waiting = [(ranks[pair], at, *pair) for at, pair in enumerate(pairwise(parts)) if pair in ranks]
        heapify(waiting)
        while waiting:
            _, at, left, right = heappop(waiting)
            follows = after[at]
            if parts[at] != left or follows == len(parts) or parts[follows] != right:
                continue  # one of the two has been joined meanwhile
            parts[at], parts[follows] = left + right, ""
            after[at] = behind = after[follows]
            if behind < len(parts):
                before[behind] = at
            for first, second in ((before[at], at), (at, behind)):
                if first >= 0 and second < len(parts) and (pair := (parts[first], parts[second])) in ranks:
                    heappush(waiting, (ranks[pair], first, *pair))
        return [part for part in parts if part]
