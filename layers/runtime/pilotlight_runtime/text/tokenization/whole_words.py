"""Looks whole words up: the model "WordLevel" of tokenizer.json."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Mapping


class WholeWords:
    """The model of tokenizers whose tokens are words.

    Args:
        header: "unknown": the id of the unknown token.
        ids: The ids of the model's own tokens.
    """

    def __init__(self, header: Mapping[str, Any], ids: Mapping[bytes, int]) -> None:
        self._unknown: int = header["unknown"]
        self._ids = ids

    def encode(self, word: str) -> list[int]:
        """Makes a token of a part of a text, see Model.encode."""
        return [self._ids.get(word.encode(), self._unknown)]

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes a token and says where it is, see Model.encode_spans."""
        content = word.encode()
        return [(self._ids.get(content, self._unknown), 0, len(content))]
