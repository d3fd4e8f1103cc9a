"""Sets of characters as ranges, and the classes that Hugging Face's `tokenizers` knows.

character_ranges.txt holds the classes; scripts/character_ranges.py writes it.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""First and last character of each range, in order; no two touch."""

LAST: Final = 0x10FFFF
_FILE: Final = Path(__file__).with_name("character_ranges.txt")


def unite(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Unites ranges.

    Args:
        ranges: Ranges in any order; they may overlap.

    Returns:
        The characters that are in at least one of them.
    """
    united: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if united and first <= united[-1][1] + 1:
            united[-1] = (united[-1][0], max(united[-1][1], last))
        else:
            united.append((first, last))
    return tuple(united)


def invert(ranges: Ranges) -> Ranges:
    """Gives the characters that are in none of the ranges."""
    inverted, free = [], 0
    for first, last in ranges:
        if free < first:
            inverted.append((free, first - 1))
        free = last + 1
    if free <= LAST:
        inverted.append((free, LAST))
    return tuple(inverted)


def subtract(ranges: Ranges, others: Ranges) -> Ranges:
    """Gives the characters of `ranges` that are in none of `others`."""
    return invert(unite([*invert(ranges), *others]))


def of_characters(characters: Iterable[str]) -> Ranges:
    """Gives the ranges of single characters."""
    return unite((ord(character), ord(character)) for character in characters)


@cache
def _lines() -> dict[str, list[tuple[int, int]]]:
    """The lines of the file: pairs of numbers by names."""
    found = {}
    for line in _FILE.read_text(encoding="ascii").splitlines():
        name, _, written = line.partition(": ")
        found[name] = [_read_pair(pair) for pair in written.split()]
    return found


def _read_pair(pair: str) -> tuple[int, int]:
    left, _, right = pair.partition(".")
    return int(left, 16), int(right, 16)


def read_lowercase() -> dict[int, int]:
    """Reads the characters whose lower case some version of Python does not know.

    Returns:
        The lower case by the character.
    """
    return dict(_lines()["lowercase"])


@cache
def read_classes() -> dict[str, Ranges]:
    """Reads the classes.

    Returns:
        Ranges by the names of classes: general categories of two letters, such as "Lu", and those that the script
        names.
    """
    classes = {}
    for name, pairs in _lines().items():
        at, ranges = 0, []
        for gap, length in pairs:
            ranges.append((at + gap, at + gap + length - 1))
            at += gap + length
        classes[name] = tuple(ranges)
    return classes


def find_property(name: str) -> Ranges | None:
    r"""Finds what a pattern writes as \p{NAME}.

    Args:
        name: A general category of one or two letters, such as "L" or "Lu", or the script "Han".

    Returns:
        Its characters, or None where there is no such class.
    """
    classes = read_classes()
    categories = {
        key: ranges for key, ranges in classes.items() if key == "Han" or (len(key) == 2 and key[0].isupper())
    }
    found = [ranges for key, ranges in categories.items() if name in (key, key[0])]
    return unite(part for ranges in found for part in ranges) if found and name != "H" else None
