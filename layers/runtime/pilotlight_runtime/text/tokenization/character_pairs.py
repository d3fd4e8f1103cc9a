"""Byte-pair encoding over characters, as SentencePiece and the first BPE tokenizers have it.

A character without a token becomes the tokens of its bytes, where the vocabulary has those ("byte fallback"), or else
the unknown token, or else nothing, if there is no such token.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Mapping
from pilotlight_runtime.text.tokenization.byte_pairs import merge_pairs
from pilotlight_runtime.text.tokenization.merge_table import MergeTable
from pilotlight_runtime.text.tokenization.tokenizer_asset import Texts, TokenizerAsset

_Symbol = tuple[int, int]
"""An id, and how many bytes of the word it stands for."""


class CharacterPairs:
    """The model of such a tokenizer.

    Args:
        header: "prefix" of symbols within a word, "suffix" of the last one, "unknown": the id of the unknown token or
            null, "fuse": whether neighbouring unknown characters are one token, "whole": whether a word that is a token
            is left whole.
        asset: "bytes": the ids of the 256 tokens of bytes, or nothing; "pairs", "results" and "slots" of the merges.
        tokens: The texts of all tokens in UTF-8.
        ids: The ids of the model's own tokens.
    """

    def __init__(
        self, header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts, ids: Mapping[bytes, int]
    ) -> None:
        self._prefix: bytes = header["prefix"].encode()
        self._suffix: bytes = header["suffix"].encode()
        self._unknown: int | None = header["unknown"]
        self._fuse: bool = header["fuse"]
        self._whole: bool = header["whole"]
        self._bytes = asset.numbers("bytes").tolist()
        self._merges = MergeTable(asset).as_dict()
        self._tokens = tokens
        self._ids = ids

    def encode(self, word: str) -> list[int]:
        """Makes tokens of a part of a text, see Model.encode."""
        known = self._ids.get(word.encode()) if self._whole else None
        return self._merge(self._symbols(word)) if known is None else [known]

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes tokens and says where they are, see Model.encode_spans."""
        content = word.encode()
        known = self._ids.get(content) if self._whole else None
        if known is not None:
            return [(known, 0, len(content))]
        symbols = self._symbols(word)
        spans: list[tuple[int, int, int]] = []
        place = begin = 0
        for token in self._merge(symbols):
            end = begin
            wanted = symbols[place][1] if symbols[place][0] == token else self._length(token, first=not place)
            while end < begin + wanted:
                end += symbols[place][1]
                place += 1
            spans.append((token, begin, end))
            begin = end
        return spans

    def _merge(self, symbols: list[_Symbol]) -> list[int]:
        return merge_pairs([token for token, _ in symbols], self._merges)

    def _length(self, token: int, *, first: bool) -> int:
        """The bytes of a word that a merged token stands for."""
        content = self._tokens[token].removesuffix(self._suffix)
        return len(content if first else content.removeprefix(self._prefix))

    def _symbols(self, word: str) -> list[_Symbol]:
        symbols: list[_Symbol] = []
        unknown, last = False, len(word) - 1
        for place, character in enumerate(word):
            content = character.encode()
            known = self._ids.get((self._prefix if place else b"") + content + (self._suffix if place == last else b""))
            if known is not None:
                symbols.append((known, len(content)))
            elif self._bytes:
                symbols += [(self._bytes[byte], 1) for byte in content]
            elif self._unknown is not None and unknown and self._fuse:
                symbols[-1] = (self._unknown, symbols[-1][1] + len(content))
            elif self._unknown is not None:
                symbols.append((self._unknown, len(content)))
            unknown = known is None
        return symbols
