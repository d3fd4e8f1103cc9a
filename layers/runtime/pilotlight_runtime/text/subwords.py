"""Subwords: texts cut into frequent parts of words, and parts put together to a text again.

Byte-pair encoding over characters: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword
Units", 2016. Only functions that write texts import this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.text.texts import Vocabulary, read_json
from pilotlight_runtime.typed import Final

MARK: Final = "\u2581"
"""Begins what white space stands before, so that a text can be put together again; the sign that SentencePiece uses."""
BEGIN: Final = "<begin>"
END: Final = "<end>"


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
    """What texts of one language are cut into: characters and what `merges` make of them, the earliest merge first.

    ids: 0 is padding, 1 an unknown character, then BEGIN, END, the characters and the merged parts. Raises ValueError
    where a character comes twice.
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
        """The parts of `text`, in lower case; a character that no text had when it was learned is one by itself."""
        return [part for piece in pieces(text) for part in self._merged(piece)]

    def ids(self, text: str) -> list[int]:
        """The ids of `cut`."""
        return self.vocabulary.ids(self.cut(text))

    def unknown(self, text: str) -> str:
        """The first character of `text`, in lower case, that has no id, or a MARK; "" where all have one."""
        known = self._known
        return next((each for each in text.lower() if each == MARK or not (each in known or each.isspace())), "")

    def text(self, ids: Iterable[int]) -> str:
        """The text that `ids` are the parts of: what `cut` took apart, white space of any length being one space."""
        return "".join(map(self.vocabulary.token, ids)).replace(MARK, " ").strip()

    def dump(self) -> bytes:
        """The subwords as an asset, JSON."""
        document = {"characters": self.characters, "merges": self.merges}
        return (json.dumps(document, ensure_ascii=False) + "\n").encode()

    @classmethod
    def load(cls, path: StrPath) -> Subwords:
        """The subwords that `dump` wrote to `path`; ManifestError where they are none."""
        document = read_json(path)
        try:
            merges = [(str(left), str(right)) for left, right in document["merges"]]
            return cls([str(character) for character in document["characters"]], merges)
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestError(f"{path} holds no subwords ({error}); train the model again") from error

    def _merged(self, piece: str) -> list[str]:
        """The parts of a piece: its characters, the pair with the earliest merge joined until there is none."""
        parts, never = list(piece), len(self.merges)
        while len(parts) > 1:
            rank, at = min((self._ranks.get(pair, never), index) for index, pair in enumerate(pairwise(parts)))
            if rank == never:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts
