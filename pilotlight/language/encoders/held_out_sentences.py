"""Sentences on which the gate compares encoders, from the held-out texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_END: Final = re.compile(r"(?<=[.:!?])\s+|\n{2,}")
_LEAST_CHARACTERS: Final = 24
_LONG_CHARACTERS: Final = 8000
"""Of one text, which is longer than most encoders take."""


def choose_sentences(texts: Sequence[str], most: int) -> list[str]:
    """Return sentences of the first text, equally far apart, a very long part of it, and all other texts.

    Args:
        texts: The texts that `read_texts` returns.
        most: The most sentences of the first text.
    """
    first, *others = texts
    sentences = [" ".join(part.split()) for part in _END.split(first)]
    usable = list(dict.fromkeys(part for part in sentences if len(part) >= _LEAST_CHARACTERS))
    step = max(1, -(-len(usable) // most))
    return [*usable[::step], " ".join(first.split())[:_LONG_CHARACTERS], *others, "ok"]
