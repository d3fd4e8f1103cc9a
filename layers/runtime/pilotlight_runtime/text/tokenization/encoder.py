"""Text becomes ids: added tokens are found, what lies between them is normalised and cut, the model does the rest."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, NamedTuple, Sequence
from pilotlight_runtime.text.tokenization.added_tokens import AddedTokens
from pilotlight_runtime.text.tokenization.steps import Model, Rewriter, Step

_MOST_KEPT: Final = 16384
_LONGEST_KEPT: Final = 64
"""Words whose tokens are kept, and their most characters, so that a function's memory has a limit."""


class EncoderSteps(NamedTuple):
    """The steps of one tokenizer, in their order.

    Attributes:
        added: Tokens that are found in the text as it is.
        normalizers: Change the text between them.
        normalized: Tokens that are found in the changed text.
        steps: Change and cut the text between those.
        model: Makes tokens of each part.
        asks_origin: Whether a step asks if a text begins where the whole text begins, and a normalizer could take that
            beginning away.
    """

    added: AddedTokens
    normalizers: Sequence[Rewriter]
    normalized: AddedTokens
    steps: Sequence[Step]
    model: Model
    asks_origin: bool


class Encoder:
    """Makes tokens of texts, and keeps those of short words.

    Args:
        steps: The steps.

    Attributes:
        steps: The steps.
    """

    def __init__(self, steps: EncoderSteps) -> None:
        self.steps = steps
        self._kept: dict[str, list[int]] = {}

    def encode(self, text: str, *, special: bool, begins: bool = True) -> list[int]:
        """Makes tokens of a text.

        Args:
            text: Text without lone surrogates.
            special: Whether special tokens are found; otherwise they are text.
            begins: Whether the whole text begins with this one.

        Returns:
            The ids.
        """
        ids: list[int] = []
        for begin, end, token in self.steps.added.split(text, special=special):
            if token is not None:
                ids.append(token)
                continue
            part = text[begin:end]
            first_part = begins and not begin
            whole = first_part and self._keeps_origin(part)
            for normalizer in self.steps.normalizers:
                part = normalizer.apply(part, first=first_part)
            for first, last, normal in self.steps.normalized.split(part, special=special):
                if normal is not None:
                    ids.append(normal)
                else:
                    self._encode_words(self._cut(part[first:last], first=whole and not first), ids)
        return ids

    def _keeps_origin(self, text: str) -> bool:
        """Whether the first character of the changed text comes from the first one of the text."""
        if not self.steps.asks_origin:
            return True
        for normalizer in self.steps.normalizers:
            traced = normalizer.trace(text, first=True)
            if not traced or traced[0][1]:
                return False
            text = "".join([character for character, _ in traced])
        return True

    def _cut(self, text: str, *, first: bool) -> list[str]:
        parts = [text]
        for rewriter, cutter in self.steps.steps:
            if rewriter is not None:
                parts = [rewriter.apply(part, first=first and not place) for place, part in enumerate(parts)]
            if cutter is not None:
                cut = [(part, cutter.spans(part)) for part in parts]
                first = first and bool(cut) and cut[0][1][:1] != [] and cut[0][1][0][0] == 0
                parts = [part[begin:end] for part, spans in cut for begin, end in spans]
        return parts

    def _encode_words(self, words: list[str], ids: list[int]) -> None:
        kept, encode = self._kept, self.steps.model.encode
        for word in words:
            known = kept.get(word)
            if known is None:
                known = encode(word)
                if len(word) <= _LONGEST_KEPT and len(kept) < _MOST_KEPT:
                    kept[word] = known
            ids += known
