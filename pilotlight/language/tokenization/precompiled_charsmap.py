"""Reads the table of replacements that a SentencePiece model carries.

The format is the one of SentencePiece's `normalizer.cc`: the length of a trie, the trie as a double array
(darts-clone), and the replacements, each with a zero byte behind it.
"""

import struct
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from pilotlight_runtime.text.tokenization.charsmap import MOST_BYTES

_LABEL: Final = 1 << 31 | 0xFF
_HAS_VALUE: Final = 1 << 8
_VALUE: Final = (1 << 31) - 1
_WIDE_OFFSET: Final = 1 << 9


def read_charsmap(content: str) -> dict[str, str]:
    """Reads such a table.

    Args:
        content: The table in base64, as tokenizer.json has it.

    Returns:
        What each entry becomes.

    Raises:
        ValueError: It is not such a table.
    """
    try:
        table = b64decode(content, validate=True)
    except Base64Error as error:
        raise ValueError(f"it is not base64: {error}") from error
    if len(table) < 4:
        raise ValueError("it is too short")
    length = int.from_bytes(table[:4], "little")
    if length % 4 or not 0 < length <= len(table) - 4:
        raise ValueError(f"its trie has {length} bytes, but {len(table) - 4} follow")
    units = struct.unpack(f"<{length // 4}I", table[4 : 4 + length])
    values = table[4 + length :]
    return {key.decode(): _value(values, place) for key, place in _walk(units)}


def _walk(units: tuple[int, ...]) -> list[tuple[bytes, int]]:
    """Lists the keys of a trie and their values, as far as they are ever found.

    The shortest key is found, so none that goes on behind another one; and none that is longer than what is looked up.
    """
    found = []
    waiting = [(b"", _offset(units[0]))]
    while waiting:
        key, base = waiting.pop()
        for label in range(1, 256):
            at = base ^ label
            if at >= len(units) or units[at] & _LABEL != label:
                continue
            longer, children = key + bytes([label]), at ^ _offset(units[at])
            if units[at] & _HAS_VALUE:
                if children >= len(units):
                    raise ValueError("a value of its trie is missing")
                found.append((longer, units[children] & _VALUE))
            elif len(longer) < MOST_BYTES:
                waiting.append((longer, children))
    return found


def _offset(unit: int) -> int:
    return (unit >> 10) << ((unit & _WIDE_OFFSET) >> 6)


def _value(values: bytes, place: int) -> str:
    end = values.find(b"\0", place)
    if end < 0:
        raise ValueError("a replacement has no end")
    return values[place:end].decode()
