"""Classes of characters, such as letters and numbers, from tables of fixed ranges.

Python's own classes differ between its versions and from those of the tokenizers that models are trained with. So the
tool writes the ranges that a tokenizer needs into its asset.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Sequence
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset

ITSELF: Final = 0x110000
"""The value of a range whose characters stay as they are. No character has this number."""
DELETED: Final = 0x110001
"""The value of a range whose characters are left out."""
MOST_KEPT: Final = 16384
"""Characters whose values are kept, so that a function's memory has a limit."""
WHITE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space; Python's `isspace` takes four separators of ASCII as well."""


class CharacterTable(dict[int, "int | None"]):
    """Gives each character another one of its range; a table for `str.translate`.

    Args:
        starts: The first character of each range, in order, from 0.
        values: The character that stands for those of the range, or ITSELF or DELETED.
    """

    def __init__(self, starts: Sequence[int], values: Sequence[int]) -> None:
        from bisect import bisect_right

        super().__init__()
        self._starts = starts
        self._values = values
        self._place = bisect_right

    def __missing__(self, character: int) -> int | None:
        if len(self) >= MOST_KEPT:
            self.clear()
        value = self._values[self._place(self._starts, character) - 1]
        self[character] = found = character if value == ITSELF else None if value == DELETED else value
        return found


def read_table(asset: TokenizerAsset, name: str) -> CharacterTable:
    """Reads a table of an asset.

    Args:
        asset: The asset.
        name: Its section: starts, then as many values.

    Returns:
        The table.
    """
    numbers = asset.numbers(name)
    half = len(numbers) // 2
    return CharacterTable(numbers[:half], numbers[half:])
