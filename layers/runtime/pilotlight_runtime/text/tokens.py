"""Texts become numbers: the one place that train.py and app.py both cut them in, so that training and serving agree.

Only functions that take text import this module; it imports nothing that a cold start has not imported already. Hugging
Face's tokenizers was measured for the same work: see docs/add-a-model.md, "Text", for the figures and their command.
"""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Iterable, Sequence

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.paths import StrPath

PADDING: Final = 0
"""The id that fills rows up; no token has it."""

_APOSTROPHES: Final = str.maketrans("\u2019\u02bc", "''")


class Vocabulary:
    """Tokens and their ids: 0 is padding, then `buckets` ids that unknown tokens share by their hash, then the tokens.

    One bucket is the usual "unknown" token. Raises ValueError where a token comes twice or there is no bucket.
    """

    def __init__(self, tokens: Sequence[str], buckets: int = 1) -> None:
        self.tokens = tuple(tokens)
        self.buckets = buckets
        self._ids = {token: index for index, token in enumerate(self.tokens, start=1 + buckets)}
        if buckets < 1 or len(self._ids) != len(self.tokens):
            raise ValueError("a vocabulary needs tokens that differ, and a bucket for unknown ones")

    @property
    def size(self) -> int:
        """How many ids there are, padding included: the rows of an embedding."""
        return 1 + self.buckets + len(self.tokens)

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """One id a token; an unknown one has the same bucket wherever it stands."""
        known, buckets = self._ids, self.buckets
        return [known.get(token) or 1 + crc32(token.encode()) % buckets for token in tokens]

    def token(self, index: int) -> str:
        """The token whose id is `index`, "" for padding and buckets; IndexError above the last."""
        place = index - 1 - self.buckets
        return "" if place < 0 else self.tokens[place]

    def dump(self) -> bytes:
        """The vocabulary as an asset: JSON, in the order of the ids."""
        return (json.dumps({"buckets": self.buckets, "tokens": self.tokens}, ensure_ascii=False) + "\n").encode()

    @classmethod
    def load(cls, path: StrPath) -> Vocabulary:
        """The vocabulary that `dump` wrote to `path`; ManifestError where it is none."""
        document = read_json(path)
        try:
            return cls([str(token) for token in document["tokens"]], int(document["buckets"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestError(f"{path} is no vocabulary ({error}); train the model again") from error


def words(text: str) -> list[str]:
    """Words and punctuation marks in lower case, as the Penn Treebank cuts them: "Doesn't." gives does, n't and a dot.

    What is cut already stays so: "does n't" gives the same. Letters, their marks and digits of every script make words;
    how a letter with a mark is written, as one character or two, makes two words.
    """
    found: list[str] = []
    for part in text.lower().translate(_APOSTROPHES).split():
        if part.isalnum():
            found.append(part)
            continue
        start = 0
        for index, character in enumerate(part):
            if not (character.isalnum() or character == "'" or _is_mark(character)):
                found += _uncontracted(part[start:index])
                found.append(character)
                start = index + 1
        found += _uncontracted(part[start:])
    return found


def _is_mark(character: str) -> bool:
    """Whether it goes on with a word, as vowel signs and accents of their own do: Python's identifiers say so too."""
    return character != "_" and f"a{character}".isidentifier()


def _uncontracted(word: str) -> list[str]:
    """The parts of a contraction, none empty: n't and everything from an apostrophe on are tokens of their own."""
    cut = len(word) - 3 if word.endswith("n't") else word.find("'")
    parts = (word,) if cut < 0 else (word[:cut], word[cut:])
    return [part for part in parts if part]


def characters(text: str) -> list[str]:
    """Characters in lower case; white space of any length is one space, and none at the ends."""
    return list(" ".join(text.lower().split()))
