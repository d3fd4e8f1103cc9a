"""Unigram: of all ways to cut a text into tokens, the one with the highest sum of scores.

Kudo, "Subword Regularization", 2018, as SentencePiece has it.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping, Sequence
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset

_PENALTY: Final = 10.0
"""An unknown character scores as much less than the worst token."""


class Unigram:
    """The model of such a tokenizer.

    Args:
        header: "unknown": the id of the unknown token; "worst": the lowest score.
        asset: "scores" of the tokens; "firsts", the characters that tokens begin with, and "longest", the most
            characters of a token that begins so; "bytes": the ids of the 256 tokens of bytes, or nothing.
        ids: The ids of the model's own tokens by their texts.
    """

    def __init__(self, header: Mapping[str, Any], asset: TokenizerAsset, ids: Mapping[str, int]) -> None:
        self._scores: Sequence[float] = asset.scores("scores")
        self._unknown: int = header["unknown"]
        self._unknown_score: float = header["worst"] - _PENALTY
        self._bytes = asset.numbers("bytes").tolist()
        self._ids = ids
        self._longest = dict(zip(bytes(asset.sections["firsts"]).decode(), asset.numbers("longest"), strict=True))

    def encode(self, word: str) -> list[int]:
        """Makes tokens of a part of a text, see Model.encode."""
        return [token for token, _, _ in self.encode_spans(word)]

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes tokens and says where they are, see Model.encode_spans."""
        spans: list[tuple[int, int, int]] = []
        at = 0
        for part in self._parts(word):
            content = part.encode()
            known = self._ids.get(part)
            if known is not None:
                found = [known]
            elif self._bytes:
                found = [self._bytes[byte] for byte in content]
            else:
                found = [self._unknown]
            spans += [(token, at, at + len(content)) for token in found]
            at += len(content)
        return spans

    def _parts(self, word: str) -> list[str]:
        """Cuts a word; neighbouring unknown characters are one part."""
        begins, tokens = self._best_path(word)
        parts: list[str] = []
        end = last = len(word)
        while end > 0:
            begin = begins[end]
            unknown = tokens[end] == self._unknown
            if not (begin and unknown and tokens[begin] == self._unknown):
                parts.append(word[begin:last])
                last = begin
            end = begin
        parts.reverse()
        return parts

    def _best_path(self, word: str) -> tuple[list[int], list[int]]:
        """For each place of a word: where the best token that ends there begins, and which one it is."""
        size = len(word)
        best: list[float | None] = [None] * (size + 1)
        best[0] = 0.0
        begins, tokens = [0] * (size + 1), [0] * (size + 1)
        ids, scores, longest = self._ids, self._scores, self._longest
        for begin in range(size):
            here = best[begin]
            if here is None:
                continue
            single = False
            for end in range(begin + 1, min(begin + longest.get(word[begin], 0), size) + 1):
                token = ids.get(word[begin:end])
                if token is None:
                    continue
                single = single or end == begin + 1
                score, known = scores[token] + here, best[end]
                if known is None or score > known:
                    best[end], begins[end], tokens[end] = score, begin, token
            if not single:
                score, known = self._unknown_score + here, best[begin + 1]
                if known is None or score > known:
                    best[begin + 1], begins[begin + 1], tokens[begin + 1] = score, begin, self._unknown
        return begins, tokens
