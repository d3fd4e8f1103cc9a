"""Text becomes ids: added tokens are found, the text between them is normalised and cut, and the model does the rest."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Protocol, Sequence
from pilotlight_runtime.text.added_tokens import AddedTokens

_MOST_KEPT: Final = 16384
_LONGEST_KEPT: Final = 64
"""Words whose tokens are kept, and their most characters, so that a function's memory has a limit."""


class Model(Protocol):
    """What makes tokens of a part of a text, for instance byte-pair encoding."""

    def encode(self, word: str) -> list[int]:
        """The ids of a part's tokens."""


class Rewriter(Protocol):
    """A step that changes a text: a normalizer, or what a pre-tokenizer changes."""

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text.

        Args:
            text: The text.
            first: Whether it begins where the whole text begins.
        """


class Cutter(Protocol):
    """A step that cuts a text."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Begin and end of each part that is kept."""


class Encoder:
    """The steps of one tokenizer.

    Args:
        added: Tokens that are found in the text as it is.
        normalizers: Change the text between them.
        normalized: Tokens that are found in the changed text.
        steps: Change and cut the text between those.
        model: Makes tokens of each part.
    """

    def __init__(
        self,
        added: AddedTokens,
        normalizers: Sequence[Rewriter],
        normalized: AddedTokens,
        steps: Sequence[tuple[Rewriter | None, Cutter | None]],
        model: Model,
    ) -> None:
        self._added = added
        self._normalizers = normalizers
        self._normalized = normalized
        self._steps = steps
        self._model = model
        self._kept: dict[str, list[int]] = {}

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Makes tokens of a text.

        Args:
            text: Text without lone surrogates.
            special: Whether special tokens are found; otherwise they are text.

        Returns:
            The ids.
        """
        ids: list[int] = []
        for begin, end, token in self._added.split(text, special=special):
            if token is not None:
                ids.append(token)
                continue
            part = text[begin:end]
            for normalizer in self._normalizers:
                part = normalizer.apply(part, first=not begin)
            for first, last, normal in self._normalized.split(part, special=special):
                if normal is not None:
                    ids.append(normal)
                else:
                    self._encode_words(self._cut(part[first:last], first=not (begin or first)), ids)
        return ids

    def _cut(self, text: str, *, first: bool) -> list[str]:
        parts = [text]
        for rewriter, cutter in self._steps:
            if rewriter is not None:
                parts = [rewriter.apply(part, first=first and not place) for place, part in enumerate(parts)]
            if cutter is not None:
                cut = [(part, cutter.spans(part)) for part in parts]
                first = first and bool(cut and cut[0][1]) and cut[0][1][0][0] == 0
                parts = [part[begin:end] for part, spans in cut for begin, end in spans]
        return parts

    def _encode_words(self, words: list[str], ids: list[int]) -> None:
        kept, encode = self._kept, self._model.encode
        for word in words:
            known = kept.get(word)
            if known is None:
                known = encode(word)
                if len(word) <= _LONGEST_KEPT and len(kept) < _MOST_KEPT:
                    kept[word] = known
            ids += known
