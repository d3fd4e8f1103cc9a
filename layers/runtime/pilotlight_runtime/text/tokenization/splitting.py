"""Cuts a text into the parts that a tokenizer's model sees: the splits of tokenizer.json's pre-tokenizers."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, Iterable, Mapping
from pilotlight_runtime.text.tokenization.patterns import Finder
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset

Span = tuple[int, int]
Pieces = Iterable[tuple[int, int, bool]]
"""Begin, end, and whether the pattern matches there."""


class Splitter:
    """One step that cuts at a pattern.

    Args:
        step: "pattern" and "table", see Finder; "behavior": what happens with the matches; "invert": whether what lies
            between the matches counts as the matches.
        asset: Where the table is.
    """

    def __init__(self, step: Mapping[str, Any], asset: TokenizerAsset) -> None:
        self._pieces = Finder(step, asset).pieces
        self._arrange = _BEHAVIORS[step["behavior"]]
        self._invert: bool = step["invert"]

    def spans(self, text: str) -> list[Span]:
        """Cuts a text.

        Args:
            text: The text.

        Returns:
            Begin and end of each part that is kept, in order.
        """
        pieces: Pieces = self._pieces(text)
        if self._invert:
            pieces = ((begin, end, not matched) for begin, end, matched in pieces)
        return self._arrange(pieces)


class FixedLengths:
    """Cuts after every so many characters.

    Args:
        length: Characters of a part; the last one may be shorter.
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def spans(self, text: str) -> list[Span]:
        """Cuts a text, see Splitter.spans."""
        length, end = self._length, len(text)
        return [(at, min(at + length, end)) for at in range(0, end, length)]


def _keep_all(pieces: Pieces) -> list[Span]:
    return [(begin, end) for begin, end, _ in pieces]


def _drop_matches(pieces: Pieces) -> list[Span]:
    return [(begin, end) for begin, end, matched in pieces if not matched]


def _join_alike(pieces: Pieces) -> list[Span]:
    spans: list[Span] = []
    before = False
    for begin, end, matched in pieces:
        if spans and matched == before:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
        before = matched
    return spans


def _join_previous(pieces: Pieces) -> list[Span]:
    spans: list[Span] = []
    before = False
    for begin, end, matched in pieces:
        if spans and matched and not before:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
        before = matched
    return spans


def _join_next(pieces: Pieces) -> list[Span]:
    spans: list[Span] = []
    after = False
    for begin, end, matched in reversed(list(pieces)):
        if spans and matched and not after:
            spans[-1] = (begin, spans[-1][1])
        else:
            spans.append((begin, end))
        after = matched
    spans.reverse()
    return spans


_BEHAVIORS: Final[Mapping[str, Callable[[Pieces], list[Span]]]] = {
    "Isolated": _keep_all,
    "Removed": _drop_matches,
    "Contiguous": _join_alike,
    "MergedWithPrevious": _join_previous,
    "MergedWithNext": _join_next,
}
