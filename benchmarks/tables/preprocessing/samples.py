"""Words that make trouble."""

from __future__ import annotations

from typing import Final

VOCABULARY: Final = ["a", "b", "hello", "world", "dont", "don't", "é", "É", "日本", "x y", "hello world", "straße"]
WORDS: Final = (
    *("a", "b", "A", "z", "", " ", "hello", "Hello, World!", "don't stop; a.b.c", "hello  world\tA\nb\vc\fd\re"),
    *(
        "É",
        "é",
        "e\u0301",
        "ÉLAN élan",
        "STRASSE straße",
        "İi",
        "日本",
        "日本 a",
        "👍🏽",
        "a\u00a0b",
        "\u2028a\u0085b",
        "x y",
    ),
    *("!!!", "...a...", "<br />a<br /><br />b", "a,b,,c", "[UNK]", "1 22 333", "-5", "a" * 5_000, "word. " * 700),
)
"""Blank, unknown, punctuated and long texts, and letters beyond ASCII."""
