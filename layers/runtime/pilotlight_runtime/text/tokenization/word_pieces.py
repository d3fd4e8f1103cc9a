"""WordPiece: a word becomes its longest known beginning, then the longest known continuation, and so on.

Wu et al., "Google's Neural Machine Translation System", 2016, as BERT uses it.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Mapping


class WordPieces:
    """The model of BERT's tokenizers.

    Args:
        header: "prefix" of continuations, "unknown": the id of the unknown token, "most": the most characters of a
            word, a longer one is unknown; "longest": the bytes of the longest token.
        ids: The ids of the model's own tokens.
    """

    def __init__(self, header: Mapping[str, Any], ids: Mapping[bytes, int]) -> None:
        self._prefix: bytes = header["prefix"].encode()
        self._unknown: int = header["unknown"]
        self._most: int = header["most"]
        self._longest: int = header["longest"]
        self._ids = ids

    def encode(self, word: str) -> list[int]:
        """Makes tokens of a part of a text, see Model.encode."""
        return [token for token, _, _ in self.encode_spans(word)]

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes tokens and says where they are, see Model.encode_spans."""
        content = word.encode()
        unknown = [(self._unknown, 0, len(content))]
        if len(word) > self._most:
            return unknown
        found: list[tuple[int, int, int]] = []
        begin, ids, prefix = 0, self._ids, b""
        while begin < len(content):
            end = min(len(content), begin + self._longest)
            while end > begin and (prefix + content[begin:end]) not in ids:
                end -= 1
            if end == begin:
                return unknown
            found.append((ids[prefix + content[begin:end]], begin, end))
            begin, prefix = end, self._prefix
        return found
