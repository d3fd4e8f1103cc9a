"""Finds the control tokens in a text that a model's template writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def split_controls(text: str, controls: Sequence[str]) -> list[Any]:
    """Split a text at its control tokens, the leftmost and longest first, as tokenizers do.

    Args:
        text: The text.
        controls: The texts of the control tokens.

    Returns:
        Plain texts, and {"token": text} for each control token, in order. No part is empty.
    """
    if not controls:
        return [text] if text else []
    longest_first = sorted(controls, key=len, reverse=True)
    pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
    parts = pattern.split(text)
    return [{"token": part} if index % 2 else part for index, part in enumerate(parts) if part]
