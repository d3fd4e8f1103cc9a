"""Texts become tokens, and tokens ids. train.py and app.py use the same functions, so training and serving agree.

Only functions that take text import this module. It imports nothing that a cold start has not imported already; see
docs/add-a-model.md, "Text", for a comparison with Hugging Face's tokenizers.
"""

from __future__ import annotations

from binascii import crc32

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Final, Iterable, Sequence
from pilotlight_runtime.paths import StrPath

PADDING: Final = 0
"""The id behind the last token of a short row. No token has it."""

_APOSTROPHES: Final = str.maketrans("\u2019\u02bc", "''")


class Vocabulary:
    """Tokens and their ids: 0 is padding, then `buckets` ids for unknown tokens, then one id a token.

    An unknown token takes the bucket of its hash. With one bucket, that is the usual "unknown" token.

    Args:
        tokens: The known tokens, in the order of their ids.
        buckets: How many ids unknown tokens share.

    Raises:
        ValueError: A token comes twice, or there is no bucket.
    """

    def __init__(self, tokens: Sequence[str], buckets: int = 1) -> None:
        self.tokens = tuple(tokens)
        self.buckets = buckets
        self._ids = {token: index for index, token in enumerate(self.tokens, start=1 + buckets)}
        if buckets < 1 or len(self._ids) != len(self.tokens):
            raise ValueError("a vocabulary needs tokens that differ, and a bucket for unknown ones")

    @property
    def size(self) -> int:
        """The number of ids, padding included: the rows of an embedding."""
        return 1 + self.buckets + len(self.tokens)

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Looks tokens up.

        Args:
            tokens: The tokens of one text.

        Returns:
            One id a token; the same unknown token always has the same id.
        """
        known, buckets = self._ids, self.buckets
        return [known.get(token) or 1 + crc32(token.encode()) % buckets for token in tokens]

    def token(self, index: int) -> str:
        """Looks an id up.

        Args:
            index: An id.

        Returns:
            Its token, "" for padding and buckets.

        Raises:
            IndexError: The id is above the last.
        """
        position = index - 1 - self.buckets
        return "" if position < 0 else self.tokens[position]

    def dump(self) -> bytes:
        """Writes the vocabulary as an asset.

        Returns:
            JSON in UTF-8, with the tokens in the order of their ids.
        """
        import json  # only the tool that trains writes vocabularies

        return (json.dumps({"buckets": self.buckets, "tokens": self.tokens}, ensure_ascii=False) + "\n").encode()

    @classmethod
    def load(cls, path: StrPath) -> Vocabulary:
        """Reads a vocabulary that `dump` wrote.

        Args:
            path: The asset's path, see LoadedModel.asset.

        Returns:
            The vocabulary.

        Raises:
            ManifestError: The file holds no vocabulary.
        """
        document = read_json(path)
        try:
            return cls([str(token) for token in document["tokens"]], int(document["buckets"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestError(f"{path} is no vocabulary ({error}); train the model again") from error


def words(text: str) -> list[str]:
    """Cuts a text into words and punctuation marks in lower case, as the Penn Treebank does.

    "Doesn't." gives does, n't and a dot; so does "does n't .", which is cut already. Words are runs of letters, their
    marks and digits of every script. A letter with a mark may be one character or two, which gives different words.

    Args:
        text: Any text.

    Returns:
        The words and marks in order; none where there is only white space.
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
    """Whether `character` continues a word, as vowel signs and separate accents do: identifiers may hold them too."""
    return character != "_" and f"a{character}".isidentifier()


def _uncontracted(word: str) -> list[str]:
    """Splits a contraction into non-empty parts: n't, and everything from an apostrophe on, is a token of its own."""
    cut = len(word) - 3 if word.endswith("n't") else word.find("'")
    parts = (word,) if cut < 0 else (word[:cut], word[cut:])
    return [part for part in parts if part]


def characters(text: str) -> list[str]:
    """Cuts a text into characters in lower case.

    Args:
        text: Any text.

    Returns:
        The characters in order. White space of any length is one space; there is none at the ends.
    """
    return list(" ".join(text.lower().split()))
