"""Finds a pattern of tokenizer.json in texts.

The tool writes each pattern over stand-ins: a character table gives every character beyond ASCII the stand-in of its
class, so that one short regular expression holds for all of Unicode, and ASCII text needs no table. A stand-in is one
character, so that places in both texts are the same.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Iterator, Mapping
from pilotlight_runtime.text.character_classes import CharacterTable, read_table
from pilotlight_runtime.text.tokenizer_asset import TokenizerAsset


class Finder:
    """Finds a pattern.

    Args:
        step: "pattern", and "table" where the pattern has classes beyond ASCII.
        asset: Where the table is.
    """

    def __init__(self, step: Mapping[str, Any], asset: TokenizerAsset) -> None:
        import re

        self._find = re.compile(step["pattern"]).finditer
        self._table_name: str | None = step.get("table")
        self._asset = asset
        self._table: CharacterTable | None = None

    def pieces(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Cuts a text at its matches.

        Args:
            text: Any text.

        Returns:
            Begin and end of each part in order, and whether it is a match. No part is empty.
        """
        if self._table_name is not None and not text.isascii():
            if self._table is None:
                self._table = read_table(self._asset, self._table_name)
            text = text.translate(self._table)
        at = 0
        for match in self._find(text):
            begin, end = match.span()
            if at != begin:
                yield at, begin, False
            yield begin, end, True
            at = end
        if at != len(text):
            yield at, len(text), False
