"""The classes of characters that the project ships are those of the package `tokenizers`."""

import unicodedata

import pytest

from pilotlight.language.tokenization.character_ranges import read_classes, read_lowercase

tokenizers = pytest.importorskip("tokenizers", reason="the reference: pip install 'pilotlight[llm]'")
script = pytest.importorskip("scripts.character_ranges", reason="asks tokenizers: pip install 'pilotlight[llm]'")


def characters(name: str) -> set[str]:
    return {chr(number) for first, last in read_classes()[name] for number in range(first, last + 1)}


@pytest.mark.parametrize("name", sorted(script.PATTERNS))
def test_the_classes_of_patterns(name: str) -> None:
    assert characters(name) == script.matching(script.PATTERNS[name])


@pytest.mark.parametrize("name", sorted(script.ASKED))
def test_the_classes_of_other_steps(name: str) -> None:
    assert characters(name) == script.ASKED[name]()


def test_normal_forms_know_what_python_has_and_the_package_does_not() -> None:
    among = [part for part in script.CHARACTERS if unicodedata.decomposition(part) or unicodedata.combining(part)]
    assert script.decomposed_otherwise(among) <= characters("newer")


def test_lower_case() -> None:
    others = read_lowercase()
    lower = tokenizers.normalizers.Lowercase().normalize_str
    for character in script.CHARACTERS:
        ours = chr(others[ord(character)]) if ord(character) in others else character.lower()
        assert ours == lower(character)


def test_the_package_is_of_another_unicode_than_python() -> None:
    """What the file is for: were they equal, Python's own classes would do."""
    letters = {character for character in script.CHARACTERS if unicodedata.category(character)[0] == "L"}
    assert letters != characters("Lu") | characters("Ll") | characters("Lt") | characters("Lm") | characters("Lo")
