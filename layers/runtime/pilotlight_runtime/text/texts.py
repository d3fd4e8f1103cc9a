"""Texts become numbers: the one place that train.py and app.py both cut them in, so that training and serving agree.

Only functions that take text import this module; it imports nothing that a cold start has not imported already. Hugging
Face's tokenizers was measured for the same work: see docs/add-a-model.md, "Text", for the figures and their command.
"""

from __future__ import annotations

import json
import struct
from binascii import crc32
from collections.abc import Iterable, Iterator, Sequence

from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.typed import Any, Final

PADDING: Final = 0
"""The id that fills rows up; no token has it."""

MOST_CHARACTERS: Final = 200_000
"""Of all texts of a request: more would take longer than API Gateway waits, whatever the model."""

MOST_ROWS: Final = 1024
"""Of a batch: so many short texts keep a processor busy, and more of them only take memory."""

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


def read_json(path: StrPath) -> Any:
    """The asset at `path`, JSON in UTF-8; ManifestError where it is not."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (see paths)
            return json.loads(file.read())
    except ValueError as error:
        raise ManifestError(f"{path} is not JSON ({error}); train the model again") from error


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


def read_texts(name: str, tensor: Tensor, longest: int, total: int = MOST_CHARACTERS) -> list[str]:
    """The texts of the BYTES input `name`, in UTF-8; nothing is cut off or replaced.

    InvalidRequest names the first text that is empty, is no UTF-8 or has more than `longest` characters, or says that
    all together have more than `total`.
    """
    texts = []
    for index, element in enumerate(tensor.elements):
        where = f"input {name!r}: text {index}"
        try:
            text = element.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequest(f"{where} is not UTF-8: byte {error.start} is wrong") from None
        if not text.strip():
            raise InvalidRequest(f"{where} is empty")
        if len(text) > longest:
            raise InvalidRequest(f"{where} has {len(text)} characters; the most is {longest}")
        texts.append(text)
    if (together := sum(map(len, texts))) > total:
        raise InvalidRequest(f"input {name!r}: the texts have {together} characters together; the most is {total}")
    return texts


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """`rows` of ids as INT64 of shape (rows, longest row), PADDING behind the shorter ones."""
    longest = max(map(len, rows), default=0)
    fill = [PADDING] * longest
    flat = [index for row in rows for index in (*row, *fill[len(row) :])]
    return Tensor(INT64, (len(rows), longest), memoryview(struct.pack(f"<{len(flat)}q", *flat)))


def batches(rows: Sequence[Sequence[int]], most: int, *, mixed: bool, power: int = 1) -> Iterator[list[int]]:
    """Indices of `rows`, shortest first, in batches of at most `most` cells: rows times the longest's length ** power.

    A batch has at most MOST_ROWS rows besides. mixed: whether rows of different lengths may meet in a batch, which
    `padded` then fills up. power: 2 where memory grows with the square of the length, as attention's does. A row of
    more cells is a batch by itself.
    """
    batch: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: len(rows[index])):
        length = len(rows[index])
        full = len(batch) >= MOST_ROWS or (len(batch) + 1) * length**power > most
        if batch and (full or not (mixed or len(rows[batch[0]]) == length)):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def texts_tensor(texts: Iterable[str]) -> Tensor:
    """`texts` as BYTES of shape (n,)."""
    elements = tuple(text.encode() for text in texts)
    return Tensor(BYTES, (len(elements),), elements)


def scores_tensor(scores: Sequence[float]) -> Tensor:
    """`scores` as FP32 of shape (n,)."""
    return Tensor(FP32, (len(scores),), memoryview(struct.pack(f"<{len(scores)}f", *scores)))


def flags_tensor(flags: Iterable[bool]) -> Tensor:
    """`flags` as BOOL of shape (n,)."""
    values = bytes(flags)
    return Tensor(BOOL, (len(values),), memoryview(values))
