"""Writes character_ranges.txt of pilotlight/language/tokenization: the character classes of the installed `tokenizers`.

`python scripts/character_ranges.py` asks the package about every character. It takes the classes of patterns from
Oniguruma, and other ones from Rust's standard library and from older tables: no single version of Unicode has them all.
Run it with the newest version of Python that Pilotlight supports, since "newer" compares its tables with Python's.
"""

import struct
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

from tokenizers import Regex, normalizers, pre_tokenizers

FILE = Path(__file__).parent.parent / "pilotlight" / "language" / "tokenization" / "character_ranges.txt"
CHARACTERS = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
CATEGORIES = [
    *("Cc", "Cf", "Cn", "Co", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No"),
    *("Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs"),
]
FORMS: Final[tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...]] = ("NFC", "NFD", "NFKC", "NFKD")
PATTERNS = {**{name: rf"\p{{{name}}}" for name in CATEGORIES}, "word": r"\w", "space": r"\s", "Han": r"\p{Han}"}


def matching(pattern: str) -> set[str]:
    """The characters that a pattern matches."""
    replace = normalizers.Replace(Regex(pattern), "")
    found: set[str] = set()
    for begin in range(0, len(CHARACTERS), 4096):
        part = CHARACTERS[begin : begin + 4096]
        found |= set(part) - set(replace.normalize_str("".join(part)))
    return found


def removed_by(normalizer: normalizers.Normalizer) -> set[str]:
    """The characters that a normalizer leaves out."""
    return {character for character in CHARACTERS if normalizer.normalize_str(f"a{character}a") == "aa"}


def cut_by(pre_tokenizer: pre_tokenizers.PreTokenizer) -> set[str]:
    """The characters at which a pre-tokenizer cuts."""
    cut = set()
    for character in CHARACTERS:
        text = f"a{character}a"
        if [part for part, _ in pre_tokenizer.pre_tokenize_str(text)] != [text]:
            cut.add(character)
    return cut


def decomposed_otherwise(among: Iterable[str]) -> set[str]:
    """The characters that the package's tables of normalisation do not have, and newer ones of Python do."""
    forms = [(getattr(normalizers, form)(), form) for form in FORMS]
    found = set()
    for character in among:
        texts = [
            character,
            *(text for mark in "\u0301\u0334" for text in (f"a{mark}{character}", f"a{character}{mark}")),
        ]
        for normalizer, form in forms:
            if any(normalizer.normalize_str(text) != unicodedata.normalize(form, text) for text in texts):
                found.add(character)
    return found


def bert(*, clean_text: bool = False, strip_accents: bool = False) -> normalizers.Normalizer:
    """BERT's normalizer with one of its steps."""
    return normalizers.BertNormalizer(
        clean_text=clean_text, handle_chinese_chars=False, strip_accents=strip_accents, lowercase=False
    )


def replaces_a() -> normalizers.Normalizer:
    """A SentencePiece table that replaces "a", and with it whatever is one character with it, by "Z"."""
    trie = [0] * 512
    trie[0], trie[0x60], trie[1] = 1 << 10, 0x61 << 10 | 1 << 8 | ord("a"), 1 << 31
    table = struct.pack("<I512I", 2048, *trie)
    return normalizers.Precompiled(table + b"Z\0")


def joining() -> set[str]:
    """The characters that are one with the character before them."""
    normalize = replaces_a().normalize_str
    return {character for character in CHARACTERS if normalize(f"a{character}") == "Z"}


def prepending() -> set[str]:
    """The characters that are one with the character behind them, which is then not looked up with its mark."""
    normalize = replaces_a().normalize_str
    return {character for character in CHARACTERS if normalize(f"{character}a\u0301") == f"{character}Z\u0301"}


def ranges(characters: Iterable[str]) -> str:
    """Writes characters as ranges: how many are left out, and how many follow one another, in hexadecimal."""
    written: list[str] = []
    at = begin = end = 0
    for number in [*sorted(map(ord, characters)), 0x200000]:
        if number != end:
            if end > begin:
                written.append(f"{begin - at:x}.{end - begin:x}")
                at = end
            begin = number
        end = number + 1
    return " ".join(written)


def lowercase() -> str:
    """Writes the characters whose lower case this version of Python does not know."""
    lower = normalizers.Lowercase()
    known = {character: lower.normalize_str(character) for character in CHARACTERS}
    pairs = {character: written for character, written in known.items() if written != character.lower()}
    return " ".join(f"{ord(character):x}.{ord(written):x}" for character, written in pairs.items())


ASKED: dict[str, Callable[[], set[str]]] = {
    "numeric": lambda: cut_by(pre_tokenizers.Digits(individual_digits=True)),
    "white": lambda: cut_by(pre_tokenizers.WhitespaceSplit()),
    "punctuation": lambda: cut_by(pre_tokenizers.Punctuation()),
    "cut word": lambda: set(CHARACTERS) - cut_by(pre_tokenizers.Whitespace()),
    "control": lambda: removed_by(bert(clean_text=True)),
    "accent": lambda: removed_by(bert(strip_accents=True)),
    "mark": lambda: removed_by(normalizers.StripAccents()),
    "joins": joining,
    "prepends": prepending,
}


def main() -> None:
    """Writes the file."""
    classes = {name: matching(pattern) for name, pattern in PATTERNS.items()}
    classes |= {name: find() for name, find in ASKED.items()}
    classes["newer"] = decomposed_otherwise(CHARACTERS)
    lines = [f"{name}: {ranges(found)}\n" for name, found in classes.items()]
    FILE.write_text("".join([*lines, f"lowercase: {lowercase()}\n"]))


if __name__ == "__main__":
    main()
