"""The door for JSON documents from outside: answers of endpoints, files of a run, lines of a log.

`json.loads` alone accepts NaN, numbers of any length, equal names in an object and halves of surrogate pairs, and deep
nesting ends it with a RecursionError. Code behind this door meets none of these. It still checks which names and types
the document has.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, NoReturn

from pilotlight.core.outside import MEBIBYTE, Origin
from pilotlight.core.printable import name_of, shorten


class Limits(NamedTuple):
    """The limits of a document.

    Attributes:
        bytes: The most bytes. In memory, a document takes up to 15 times as much.
        depth: The most lists and objects inside one another.
        parts: The most lists and objects. An empty one takes 60 bytes of memory and 3 bytes of JSON.
        non_finite: Whether NaN and Infinity are read, as json.dumps writes them. Early versions wrote them into the
            files and logs of runs.
    """

    bytes: int = 16 * MEBIBYTE
    depth: int = 64
    parts: int = 1_000_000
    non_finite: bool = False


LIMITS: Final = Limits()
RUN_LIMITS: Final = Limits(non_finite=True)
"""For the files of a run in the store."""

_LEAST: Final = -(2**63)
_MOST: Final = 2**64 - 1
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}|[0-9][eE]\+?[0-9]{3}")
_HALF_PAIR: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class InvalidDocument(ValueError):
    """A document is not acceptable. The message completes the sentence "it …"."""


def parse_json(raw: bytes | str, limits: Limits = LIMITS) -> Any:
    """Read a JSON document.

    Args:
        raw: The document, in UTF-8 where it is bytes.
        limits: The limits of its size.

    Returns:
        The value. Numbers are finite unless `limits` allows others, whole numbers have at most 64 bits, and text can be
        encoded.

    Raises:
        InvalidDocument: The document is no JSON, exceeds a limit, or holds what JSON (RFC 8259) doesn't allow or leaves
            undefined.
    """
    content = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else bytes(raw)
    if len(content) > limits.bytes:
        raise InvalidDocument(f"has {len(content):,} bytes; the limit is {limits.bytes:,}")
    if content.count(b"[") + content.count(b"{") > limits.parts:
        raise InvalidDocument(f"has more than {limits.parts:,} lists and objects, which is the limit")
    try:
        value = _make_decoder(content, limits).decode(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise InvalidDocument(_too_deep(limits)) from None
    except json.JSONDecodeError as error:
        raise InvalidDocument(f"is not JSON: {error}") from None
    _check_depth(value, limits)
    if _HALF_PAIR.search(content):
        _check_text(value)
    return value


def parse_object(raw: bytes | str, limits: Limits = LIMITS) -> dict[str, Any]:
    """Read a JSON document that is an object, as `parse_json` does.

    Raises:
        InvalidDocument: The document is not acceptable, or is no object.
    """
    value = parse_json(raw, limits)
    if not isinstance(value, dict):
        raise InvalidDocument(f"is {describe(value)}, not an object")
    return value


def read_json(raw: bytes | str, origin: Origin, limits: Limits = LIMITS) -> Any:
    """Read a JSON document as `parse_json` does.

    Raises:
        UserError: The document is not acceptable; of the class that `origin` names.
    """
    try:
        return parse_json(raw, limits)
    except InvalidDocument as error:
        raise origin.refuse(str(error)) from error


def read_object(raw: bytes | str, origin: Origin, limits: Limits = LIMITS) -> dict[str, Any]:
    """Read a JSON document that is an object.

    Raises:
        UserError: The document is not acceptable, or is no object; of the class that `origin` names.
    """
    try:
        return parse_object(raw, limits)
    except InvalidDocument as error:
        raise origin.refuse(str(error)) from error


def describe(value: Any) -> str:
    """Return a JSON value in a few words, for a message."""
    match value:
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f"the text {shorten(value, 60)!r}"
        case None | bool():
            return json.dumps(value)
    return f"the number {value}"


def _make_decoder(content: bytes, limits: Limits) -> json.JSONDecoder:
    """Return a decoder. It looks at each number only where the document has one that may be too large."""
    long = _LONG_NUMBER.search(content) is not None
    return json.JSONDecoder(
        object_pairs_hook=_read_object,
        parse_constant=None if limits.non_finite else _refuse_constant,
        parse_int=_read_whole_number if long else None,
        parse_float=_read_fraction if long else None,
    )


def _read_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidDocument(f"has the name {name_of(twice)!r} twice in one object")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise InvalidDocument(f"is not JSON: it holds {constant}, which JSON does not have")


def _read_whole_number(text: str) -> int:
    number = int(text) if len(text) <= 20 else _MOST + 1
    if not _LEAST <= number <= _MOST:
        raise InvalidDocument(f"holds the number {shorten(text, 30)}, which has more than 64 bits")
    return number


def _read_fraction(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidDocument(f"holds the number {shorten(text, 30)}, which is too large")
    return number


def _check_depth(value: Any, limits: Limits) -> None:
    level = [value]
    for _ in range(limits.depth + 1):
        containers = [each for each in level if isinstance(each, list | dict)]
        if not containers:
            return
        level = [part for each in containers for part in (each.values() if isinstance(each, dict) else each)]
    raise InvalidDocument(_too_deep(limits))


def _check_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidDocument("holds half of a surrogate pair, which is no character") from None


def _too_deep(limits: Limits) -> str:
    return f"is nested more than {limits.depth} deep"
