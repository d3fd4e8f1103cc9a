"""Regular expressions of tokenizers, written for Python's `re` over stand-ins."""

import re

import pytest

from pilotlight.language.tokenization.character_ranges import find_property, invert, subtract, unite
from pilotlight.language.tokenization.split_patterns import compile_literal, compile_pattern
from pilotlight_runtime.text.tokenization.character_classes import CharacterTable


def found(pattern: str, text: str) -> list[str]:
    """The matches of a pattern in a text."""
    compiled = compile_pattern(pattern)
    shadow = text.translate(CharacterTable(compiled.starts, compiled.values)) if compiled.starts else text
    return [text[match.start() : match.end()] for match in re.finditer(compiled.pattern, shadow)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\p{L}+", "aé中٣_b", ["aé中", "b"]),
        (r"\p{N}{1,3}", "1½٣x1234", ["1½٣", "123", "4"]),
        (r"[^\s\p{L}\p{N}]+", "a-\u2013é 1🙂!", ["-\u2013", "🙂!"]),
        (r"\s+", "a\x1c\u3000\t b\x85", ["\u3000\t ", "\x85"]),
        (r"(?i:'s|'ll|k)", "'S '\u017f 'LL K\u212ak", ["'S", "'\u017f", "'LL", "K", "\u212a", "k"]),
        (r"\P{L}|\p{^Lu}x", "aé1Xx", ["1"]),
        (r"[^(\s|[.,])]+", "a(b|c. d", ["a", "b", "c", "d"]),
        (r"[一-龥]+|\x{e9}|\u00ea|\xeb|\t", "中文éêë\tx", ["中文", "é", "ê", "ë", "\t"]),
        (r"a++|b*+c|d?+d", "aabbcdd", ["aa", "bbc", "dd"]),
        (r"(ab)+|(?:c|d)(?=e)|(?<!x)f(?!g)", "ababcedfgxf", ["abab", "c"]),
        (r"[\p{Lu}\p{Lt}]", "AaǅÉ", ["A", "ǅ", "É"]),
        (r"[a\-z\]]", "a-z]b", ["a", "-", "z", "]"]),
        (r"\{\}a{,2}b{2}", "{}aabb{}bb", ["{}aabb", "{}bb"]),
        (r"x{|{y", "x{{y", ["x{", "{y"]),
        (r"\p{Han}+|\w\W|\d\D", "漢字かa-٣x", ["漢字", "a-", "٣x"]),
    ],
)
def test_what_is_found(pattern: str, text: str, expected: list[str]) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a*", "matches the empty text"),
        (".", "'.' is not supported"),
        ("^a", r"'\^' is not supported"),
        (r"\bword", r"'\\b' is not supported"),
        (r"\p{Greek}", r"'\\p{Greek}' is not supported"),
        (r"\p{L", r"'\\p{' is not supported"),
        (r"\x{}", r"'\\x' without a number"),
        ("a\\", r"'\\' is not supported"),
        ("[a&&b]", "'&&' in a class"),
        ("[[:alpha:]]", r"'\[:' in a class"),
        ("[a", "a class is not closed"),
        ("[z-a]", "such a range"),
        (r"[\p{L}-z]", "such a range"),
        ("(a", "a group is not closed"),
        ("a)", "closes no group"),
        ("(?<name>a)", r"'\(\?<n' is not supported"),
        ("(?i)a", r"'\(\?i\)' is not supported"),
        ("(?i:maß)", "'ß' where case does not count"),
        ("(?i:mass)", "'ss' where case does not count"),
        (r"(?i:\p{L})", r"'\\p{L}' is not supported"),
        ("a{1,2}+", r"'\{1,2\}\+' is not supported"),
        ("a{,}", r"'\{,\}' is not supported"),
    ],
)
def test_what_is_not_supported_is_named(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_pattern(pattern)


def test_literals_need_no_table() -> None:
    assert compile_literal("▁.") == (re.escape("▁."), (), (), "")
    assert compile_pattern("[a-c]+").starts == ()
    assert found("[^a]+", "aé中a") == ["é中"]


def test_ranges() -> None:
    assert unite([(5, 9), (1, 2), (3, 4), (20, 30), (25, 26)]) == ((1, 9), (20, 30))
    assert invert(((0, 4), (9, 0x10FFFF))) == ((5, 8),)
    assert subtract(((0, 9),), ((3, 4),)) == ((0, 2), (5, 9))
    assert find_property("Klingon") is None
    assert find_property("H") is None
