"""JSON, read twice: as callers' documents may be (RFC 8259), and as strictly as answers must be."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from fuzz.oracle.expected import TOO_LARGE, Invalid

MOST_BYTES = 16 * 1024 * 1024
MOST_DEPTH = 200
"""RFC 8259, section 9, lets a parser limit the depth. Up to here a document must be read; beyond it may be."""

MOST_DIGITS = 4300
"""Of a whole number; Python's own limit. RFC 8259, section 9, allows one."""


class DeepDocument(Exception):
    """The document is nested so deeply that it may be refused or read."""


def read_json(raw: bytes) -> Any:
    """Reads a caller's document. Of two equal names the last counts, as RFC 8259, section 4, says most parsers do.

    Args:
        raw: UTF-8.

    Returns:
        The document; whole numbers are exact.

    Raises:
        Invalid: It is no JSON. NaN and Infinity are none (RFC 8259, section 6).
        DeepDocument: It is nested more than MOST_DEPTH deep.
    """
    if len(raw) > MOST_BYTES:
        raise Invalid("too long", TOO_LARGE)
    if depth(raw) > MOST_DEPTH:
        raise DeepDocument
    try:
        return _CALLERS.decode(raw.decode("utf-8"))
    except ValueError:
        raise Invalid("no JSON") from None


def read_json_with_words(raw: bytes) -> Any:
    """As read_json, where NaN, Infinity and -Infinity are numbers: TensorFlow Serving, "JSON conformance".

    A document that has one of these words, be it in a string, may have no number beyond every double, as RapidJSON
    takes none.
    """
    if not any(word in raw for word in (b"NaN", b"Infinity")):
        return read_json(raw)
    if len(raw) > MOST_BYTES:
        raise Invalid("too long", TOO_LARGE)
    if depth(raw) > MOST_DEPTH:
        raise DeepDocument
    try:
        return _WITH_WORDS.decode(raw.decode("utf-8"))
    except ValueError:
        raise Invalid("no JSON, or a number beyond every double") from None


class Word(float):
    """A number that was written as NaN, Infinity or -Infinity."""


def read_strict(text: str, *, words: bool = False) -> Any:
    """Reads an answer's document.

    Args:
        text: JSON.
        words: Whether NaN, Infinity and -Infinity are numbers.

    Returns:
        The document.

    Raises:
        ValueError: It is no JSON, or an object has a name twice.
    """
    return json.loads(text, parse_constant=Word if words else _refuse, object_pairs_hook=_unique)


def depth(raw: bytes) -> int:
    """The most brackets of `raw` that may be open at a time; those in strings count too."""
    most = open_ = 0
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return 0
    for byte in raw:
        if byte in b"[{":
            open_ += 1
            most = max(most, open_)
        elif byte in b"]}":
            open_ -= 1
    return most


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _double(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError("a number beyond every double")
    return found


_WITH_WORDS = json.JSONDecoder(parse_constant=Word, parse_float=_double)
_CALLERS = json.JSONDecoder(parse_constant=_refuse)
