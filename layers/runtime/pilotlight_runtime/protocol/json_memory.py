"""How much memory a JSON document takes once it is parsed, only from its punctuation: an upper bound.

It holds for both parsers: orjson, which writes a table of all values first, and Python's own.
tests/integration/runtime/test_json_memory.py compares it with the memory that they take.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final

_VALUE: Final = 24  # 16 in orjson's table, 8 in the list or object that holds it
_NUMBER: Final = 32  # a Python number; from -5 to 256 they exist already
_LIST: Final = 80
_OBJECT: Final = 192
_KEY: Final = 48  # in orjson's table and in the object's
_STRING: Final = 64  # besides its characters
_WIDEST: Final = 4  # bytes of a character in a text with an emoji


def estimate_memory(raw: bytes) -> int:
    """The most bytes that parsing takes, with the document as its result.

    Every value follows a bracket, a brace, a comma or a colon, so that counting these bounds the values. Punctuation
    inside a text counts too, which only makes the estimate larger.

    Args:
        raw: The document, valid JSON or not.

    Returns:
        Bytes, without `raw` itself.
    """
    size = len(raw)
    lists, objects, commas = raw.count(b"["), raw.count(b"{"), raw.count(b",")
    keys, strings = raw.count(b":"), raw.count(b'"') // 2
    values = commas + lists + objects + 1
    # A number and its comma take two bytes or more. One that takes memory of its own has a minus sign or takes four.
    scalars = max(0, values - lists - objects - max(0, strings - keys))
    long = min(scalars, max(0, (size - 2 * values) // 2))
    numbers = min(scalars, long + raw.count(b"-"))
    width = 1 if raw.isascii() else _WIDEST
    texts = max(0, size - 4 * long) * (width + 1)  # as a text, and encoded again
    return (
        size * width
        + values * _VALUE
        + numbers * _NUMBER
        + lists * _LIST
        + objects * _OBJECT
        + keys * _KEY
        + strings * _STRING
        + texts
    )
