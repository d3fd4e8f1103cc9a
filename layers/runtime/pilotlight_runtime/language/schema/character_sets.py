"""Sets of characters, as sorted ranges of their numbers that don't touch."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Iterable

Ranges = tuple[tuple[int, int], ...]

LAST: Final = 0x10FFFF


def union(sets: Iterable[Ranges]) -> Ranges:
    """The characters that at least one of the sets has."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(each for ranges in sets for each in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def intersection(one: Ranges, other: Ranges) -> Ranges:
    """The characters that both sets have."""
    found = []
    for low, high in one:
        for first, last in other:
            if max(low, first) <= min(high, last):
                found.append((max(low, first), min(high, last)))
    return tuple(found)


def difference(one: Ranges, other: Ranges) -> Ranges:
    """The characters that only the first set has."""
    rest, next_low = [], 0
    for low, high in (*other, (LAST + 1, LAST + 1)):
        if next_low < low:
            rest.append((next_low, low - 1))
        next_low = high + 1
    return intersection(one, tuple(rest))


def of_text(characters: str) -> Ranges:
    """The characters of a text."""
    return union(((ord(each), ord(each)),) for each in characters)


ASCII: Final[Ranges] = ((0, 0x7F),)

WRITABLE: Final[Ranges] = ((0x08, 0x0A), (0x0C, 0x0D), (0x20, 0xD7FF), (0xE000, LAST))
r"""What a text with a pattern may hold: no surrogates, and of the control characters those that JSON writes as \b, \t,
\n, \f and \r."""

DIGITS: Final[Ranges] = ((0x30, 0x39),)
WORD: Final[Ranges] = union([DIGITS, ((0x41, 0x5A), (0x61, 0x7A), (0x5F, 0x5F))])
SPACE: Final[Ranges] = of_text("\t\n\v\f\r ")
LINE_ENDS: Final[Ranges] = of_text("\n\r\u2028\u2029")

CLASSES: Final[dict[str, Ranges]] = {
    "d": DIGITS,
    "w": WORD,
    "s": SPACE,
    # Validators differ about digits, letters and spaces outside ASCII. What is written here counts for all of them.
    "D": difference(ASCII, DIGITS),
    "W": difference(ASCII, WORD),
    "S": difference(ASCII, union([SPACE, ((0x1C, 0x1F),)])),
}
r"""\d, \w, \s and their opposites."""
