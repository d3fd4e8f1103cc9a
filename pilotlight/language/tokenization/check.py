"""Compares the tokenizer that a function uses with the reference, Hugging Face's tokenizers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from pilotlight.core.printable import shorten
from pilotlight.language.packages import import_package

_LINES: Final = 64
"""Lines of a text that are compared together: a difference is then easy to find."""
_MOST_FAILURES: Final = 3


def compare_tokens(
    document: dict[str, Any], encode: Callable[[str], list[int]], texts: Sequence[str]
) -> tuple[int, list[str]]:
    """Compare the tokens of some texts.

    Args:
        document: The tokenizer.json.
        encode: Makes ids of a text, as the function does.
        texts: The texts.

    Returns:
        The number of tokens that are compared, and the differences; empty where all are equal.

    Raises:
        ProjectError: The package tokenizers is not installed.
    """
    reference = import_package("tokenizers").Tokenizer.from_str(json.dumps(document))
    reference.no_truncation()
    reference.no_padding()
    count, failures = 0, []
    for part in _split(texts):
        wanted = reference.encode(part, add_special_tokens=False).ids
        found = encode(part)
        count += len(wanted)
        if found != wanted:
            place = next((i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), 0)
            shown = f"token {place} of {shorten(part, 80)!r} is {found[place : place + 1]}"
            failures.append(f"{shown}, and of the package tokenizers {wanted[place : place + 1]}")
    return count, failures[:_MOST_FAILURES]


def _split(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        lines = text.splitlines(keepends=True)
        yield from ("".join(lines[start : start + _LINES]) for start in range(0, len(lines), _LINES))
