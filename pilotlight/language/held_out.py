"""The texts on which the gate compares: a file that somebody names, or Python's help and paragraphs in many scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ConversionError, DataError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file

_PARAGRAPHS: Final = Path(__file__).with_name("paragraphs.txt")
"""Texts in many scripts, code and emoji, with an empty line between two. They were written for this purpose."""
_WHITE_SPACE: Final = "Tabs\tand  double spaces,\r\nline ends\n\n\nand a last line without one: 3.14159, 1e-9, 0x1F"
_TEXT_BYTES: Final = 16 * MEBIBYTE


def read_texts(path: Path | None) -> tuple[str, ...]:
    """Return the texts on which the gate compares.

    Args:
        path: A file of UTF-8; None takes Python's help and the paragraphs.

    Raises:
        DataError: The file cannot be read, is not UTF-8, or is empty.
    """
    paragraphs = (*_PARAGRAPHS.read_text("utf-8").strip().split("\n\n"), _WHITE_SPACE)
    if path is None:
        from pydoc_data.topics import topics

        return ("\n".join(topics[name] for name in sorted(topics)), *paragraphs)
    origin = Origin(str(path), "Name a file of text in UTF-8 with --text.")
    try:
        text = read_file(path, origin, _TEXT_BYTES).decode()
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"is not UTF-8 at byte {error.start}", origin.hint) from error
    if not text.strip():
        raise DataError(str(path), "is empty", origin.hint)
    return (text, *paragraphs)


def choose_windows(
    texts: tuple[str, ...], encode: Callable[[str], list[int]], *, length: int, most: int, begin: tuple[int, ...]
) -> list[list[int]]:
    """Return the ids that the gate compares: windows of the first text, equally far apart, and the other texts.

    Args:
        texts: The texts.
        encode: Makes ids of a text.
        length: The most ids of a window.
        most: The most windows of the first text.
        begin: The ids that each window begins with, where the model wants some.

    Raises:
        ConversionError: The texts make fewer than two tokens.
    """
    room = length - len(begin)
    first = encode(texts[0])
    count = min(most, -(-len(first) // room))
    starts = [number * (len(first) // count) for number in range(count)]
    windows = [first[start : start + room] for start in starts] + [encode(text)[:room] for text in texts[1:]]
    found = [[*begin, *window] for window in windows if len(window) > 1]
    if not found:
        raise ConversionError("the tokenizer", "makes no tokens of the text that the gate compares", "Check it.")
    return found
