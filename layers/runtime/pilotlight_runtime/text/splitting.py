"""Cuts a text into the parts that a tokenizer's model sees: the splits of tokenizer.json's pre-tokenizers.

The tool writes each pattern over stand-ins: a character table gives every character beyond ASCII the stand-in of its
class, so that one short regular expression holds for all of Unicode, and ASCII text needs no table. A stand-in is one
character, so that places in both texts are the same.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Iterator, Mapping
from pilotlight_runtime.text.character_classes import CharacterTable, read_table
from pilotlight_runtime.text.tokenizer_asset import TokenizerAsset

Span = tuple[int, int]
Piece = tuple[int, int, bool]
"""Begin, end, and whether the pattern matches there."""


class Splitter:
    """One step that cuts.

    Args:
        step: "pattern", "behavior" and "invert", and "table" where the pattern has classes beyond ASCII.
        asset: Where the table is.
    """

    def __init__(self, step: Mapping[str, Any], asset: TokenizerAsset) -> None:
        import re

        self._find = re.compile(step["pattern"]).finditer
        self._arrange = _BEHAVIORS[step["behavior"]]
        self._invert: bool = step["invert"]
        self._table_name: str | None = step.get("table")
        self._asset = asset
        self._table: CharacterTable | None = None

    def spans(self, text: str) -> list[Span]:
        """Cuts a text.

        Args:
            text: Any text that is not empty.

        Returns:
            Begin and end of each part that is kept, in order.
        """
        if self._table_name is not None and not text.isascii():
            if self._table is None:
                self._table = read_table(self._asset, self._table_name)
            text = text.translate(self._table)
        return self._arrange(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Piece]:
        at, matched, other = 0, not self._invert, self._invert
        for match in self._find(text):
            begin, end = match.span()
            if at != begin:
                yield at, begin, other
            yield begin, end, matched
            at = end
        if at != len(text):
            yield at, len(text), other


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


def _keep_all(pieces: Iterator[Piece]) -> list[Span]:
    return [(begin, end) for begin, end, _ in pieces]


def _drop_matches(pieces: Iterator[Piece]) -> list[Span]:
    return [(begin, end) for begin, end, matched in pieces if not matched]


def _join_alike(pieces: Iterator[Piece]) -> list[Span]:
    spans: list[Span] = []
    before = False
    for begin, end, matched in pieces:
        if spans and matched == before:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
        before = matched
    return spans


def _join_previous(pieces: Iterator[Piece]) -> list[Span]:
    spans: list[Span] = []
    before = False
    for begin, end, matched in pieces:
        if spans and matched and not before:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
        before = matched
    return spans


def _join_next(pieces: Iterator[Piece]) -> list[Span]:
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


_BEHAVIORS = {
    "Isolated": _keep_all,
    "Removed": _drop_matches,
    "Contiguous": _join_alike,
    "MergedWithPrevious": _join_previous,
    "MergedWithNext": _join_next,
}
