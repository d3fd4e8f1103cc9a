"""Byte-level BPE, as GPT-2's descendants have it: the symbols of a word are its bytes in UTF-8."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.text.tokenization.byte_pairs import Merges, merge_pairs
from pilotlight_runtime.text.tokenization.merge_table import MergeTable
from pilotlight_runtime.text.tokenization.tokenizer_asset import Texts, TokenizerAsset

NO_TOKEN: Final = 0xFFFFFFFF
"""Stands in the table of bytes for a byte without a token. Such a byte is left out, as `tokenizers` does."""


_FEW_WORDS: Final = 500
"""Words that are merged before dicts of whole words and of merges are made, which takes as long as merging these."""


_BYTES_OF_A_WORD: Final = 8
"""A part of so many bytes more counts as a word more."""


class ByteLevel:
    """The model of a byte-level BPE.

    Args:
        header: "unknown": the id that bytes without a token of their own have, or null; "whole": whether a word
            that is a token is one even where the merges make others of it.
        asset: "words": ids of the tokens that a word of the same bytes becomes; "bytes": the id of each byte; "pairs",
            "results" and "slots" of the merges.
        tokens: The bytes of all tokens.
    """

    def __init__(self, header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts) -> None:
        self._asset = asset
        self._tokens = tokens
        self._unknown: int | None = header["unknown"]
        self._bytes = asset.numbers("bytes").tolist()
        self._table = MergeTable(asset)
        self._merges: Merges = self._table
        self._merged = 0
        self._words: dict[bytes, int] | None = self._read_words() if header["whole"] else None

    def encode(self, word: str) -> list[int]:
        """Makes tokens of a part of a text, see Model.encode."""
        content = word.encode()
        if self._words is None:
            self._merged += 1 + len(content) // _BYTES_OF_A_WORD
            if self._merged > _FEW_WORDS:
                self._words, self._merges = self._read_words(), self._table.as_dict()
        else:
            known = self._words.get(content)
            if known is not None:
                return [known]
        symbols = [self._bytes[byte] for byte in content]
        if NO_TOKEN in symbols:
            symbols = [symbol for symbol in symbols if symbol != NO_TOKEN]
        return merge_pairs(symbols, self._merges)

    def _read_words(self) -> dict[bytes, int]:
        tokens = self._tokens.all()
        return {tokens[word]: word for word in self._asset.numbers("words")}

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes tokens and says where they are, see Model.encode_spans.

        Bytes that are left out belong to no token; `tokenizers` moves what stands behind them.
        """
        kept = [at for at, byte in enumerate(word.encode()) if self._bytes[byte] != NO_TOKEN]
        spans, begin = [], 0
        for token in self.encode(word):
            end = begin + (1 if token == self._unknown else len(self._tokens[token]))
            spans.append((token, kept[begin], kept[end - 1] + 1))
            begin = end
        return spans
