r"""Regular expressions of tokenizer.json become Python's.

Python's `re` has no \p{L}, and its \s and \w are other ones than Oniguruma's, which `tokenizers` uses. So each class is
written out: its characters of ASCII as they are, and of the rest one stand-in for all characters that are in the same
classes of the pattern. A table gives each character its stand-in, see pilotlight_runtime.text.tokenization.splitting.
"""

import re
from bisect import bisect_right
from typing import Final, NamedTuple

from pilotlight.language.tokenization.character_ranges import LAST, Ranges
from pilotlight.language.tokenization.pattern_parser import Pattern, parse_pattern
from pilotlight_runtime.text.tokenization.character_classes import ITSELF

_FIRST_STAND_IN: Final = 0xE000
_ASCII: Final = 0x80


class CompiledPattern(NamedTuple):
    """A pattern for the runtime.

    Attributes:
        pattern: For Python's `re`.
        starts: The first character of each range of the table; empty where the pattern needs no table.
        values: The stand-in of each range.
        members: All characters that match, stand-ins among them, where the pattern is one class; else "". A function
            that has only such patterns need not import `re`.
    """

    pattern: str
    starts: tuple[int, ...]
    values: tuple[int, ...]
    members: str = ""


def compile_pattern(pattern: str) -> CompiledPattern:
    """Compiles a regular expression as Oniguruma writes them.

    Args:
        pattern: The expression.

    Returns:
        The same for the runtime.

    Raises:
        ValueError: The expression has something that is not supported, or matches the empty text; the message says it.
    """
    parts = parse_pattern(pattern)
    compiled = compile_parts(parts)
    if re.compile(compiled.pattern).match("") is not None:
        raise ValueError("it matches the empty text")
    return compiled


def compile_literal(text: str) -> CompiledPattern:
    """Compiles a text that is looked for as it is."""
    return CompiledPattern(re.escape(text), (), ())


def compile_parts(parts: Pattern) -> CompiledPattern:
    """Compiles a parsed expression.

    Args:
        parts: Text of Python's `re`, and sets of characters.

    Returns:
        The pattern and its table.
    """
    sets = list(dict.fromkeys(part for part in parts if not isinstance(part, str)))
    starts, memberships = _partition(sets)
    kinds = list(dict.fromkeys(memberships))
    if len(kinds) == 1:
        rest = [chr(_ASCII) + "-" + chr(LAST)]
    else:
        rest = [chr(_FIRST_STAND_IN + place) for place in range(len(kinds))]
    written = {}
    for place, ranges in enumerate(sets):
        stand_ins = [text for text, kind in zip(rest, kinds, strict=True) if place in kind]
        written[ranges] = _write_class(ranges, stand_ins)
    pattern = "".join(part if isinstance(part, str) else written[part] for part in parts)
    if len(kinds) == 1:
        return CompiledPattern(pattern, (), ())
    values = [_FIRST_STAND_IN + kinds.index(kind) for kind in memberships]
    members = _list_ascii(sets[0]) + "".join(stand_ins) if len(parts) == 1 and sets else ""
    return CompiledPattern(pattern, (0, *starts), (ITSELF, *values), members)


def _partition(sets: list[Ranges]) -> tuple[list[int], list[tuple[int, ...]]]:
    """Cuts the characters beyond ASCII into ranges that are wholly in a set or wholly out of it.

    Returns:
        The first character of each range, and the places of the sets that it is in.
    """
    edges = {_ASCII}
    for ranges in sets:
        edges.update(edge for first, last in ranges for edge in (first, last + 1) if _ASCII <= edge <= LAST)
    firsts = [[first for first, _ in ranges] for ranges in sets]
    starts: list[int] = []
    memberships: list[tuple[int, ...]] = []
    for edge in sorted(edges):
        kind = tuple(place for place, ranges in enumerate(sets) if _has(ranges, firsts[place], edge))
        if not memberships or memberships[-1] != kind:
            starts.append(edge)
            memberships.append(kind)
    return starts, memberships


def _has(ranges: Ranges, firsts: list[int], character: int) -> bool:
    place = bisect_right(firsts, character) - 1
    return place >= 0 and character <= ranges[place][1]


def _list_ascii(ranges: Ranges) -> str:
    return "".join(chr(each) for first, last in ranges for each in range(first, min(last + 1, _ASCII)))


def _write_class(ranges: Ranges, stand_ins: list[str]) -> str:
    """Writes a set as a class of Python's `re`; one that has no character matches nothing."""
    written = ""
    for first, last in ranges:
        if first < _ASCII:
            end = min(last, _ASCII - 1)
            written += _escape(first) if first == end else f"{_escape(first)}-{_escape(end)}"
    written += "".join(stand_ins)
    return f"[{written}]" if written else "(?!)"


def _escape(character: int) -> str:
    return chr(character) if chr(character).isalnum() else f"\\x{character:02x}"
