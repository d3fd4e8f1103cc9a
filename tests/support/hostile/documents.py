"""Hostile JSON documents and pictures that a person may send with `pilotlight invoke`."""

from __future__ import annotations

import os
import struct
import zlib
from typing import Final

from support.hostile.arrays import PLACES, Write


def _bytes(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


_TEXTS: Final[dict[str, bytes]] = {
    "empty": b"",
    "spaces": b" " * 1_000,
    "cut": b"[[1, 2], [3, 4",
    "two documents": b"[1] [2]",
    "a comma too many": b"[1, 2,]",
    "single quotes": b"['a']",
    "a comment": b"[1] // one",
    "NaN": b"[[NaN, 1]]",
    "infinity": b"[[Infinity, 1]]",
    "a number that becomes infinite": b"[[1e400, 1]]",
    "a number of 100,000 digits": b"[[" + b"9" * 100_000 + b", 1]]",
    "a number of more than 64 bits": b"[[18446744073709551616, 1]]",
    "deep lists": b"[" * 200_000 + b"]" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested 65 deep": b"[" * 65 + b"1" + b"]" * 65,
    "two million empty lists": b"[" + b"[]," * 2_000_000 + b"[]]",
    "17 MiB of numbers": b"[" + b"1.5," * 4_500_000 + b"1]",
    "half of a surrogate pair": b'["\\ud800"]',
    "not UTF-8": b'["\xff\xfe"]',
    "UTF-16": '["a"]'.encode("utf-16"),
    "UTF-32": '["a"]'.encode("utf-32"),
    "NUL": b'["a\0b"]',
    "a control character in a text": b'["a\x1bb"]',
    "equal names in an object": b'{"inputs": [], "inputs": []}',
    "null": b"null",
    "a number": b"7",
    "a text": b'"hello"',
    "an object of something else": b'{"values": [1, 2]}',
    "a ragged list": b"[[1, 2], [3]]",
    "a list of another shape": b"[[[[1, 2]]]]",
    "a list of objects": b'[{"a": 1}]',
    "random bytes": bytes(range(256)) * 8,
}

JSON: Final[dict[str, Write]] = PLACES | {name: _bytes(content) for name, content in _TEXTS.items()}
"""Documents, each of which cannot be read, or does not fit a model with one input FP32 [-1, 2]."""


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, rows: bytes = b"\0" * 64, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG that promises a size, with any rows."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head)
    return start + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


_GOOD: Final = png(8, 8, (b"\0" + b"\x7f" * 8) * 8)

IMAGES: Final[dict[str, Write]] = PLACES | {
    name: _bytes(content)
    for name, content in {
        "empty": b"",
        "text": b"no picture\n",
        "a GIF": b"GIF89a\1\0\1\0\0\0\0;",
        "a BMP": b"BM" + b"\0" * 60,
        "a TIFF": b"II*\0" + b"\0" * 60,
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "WebP": b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40,
        "the start of a PNG alone": b"\x89PNG\r\n\x1a\n",
        "the start of a JPEG alone": b"\xff\xd8\xff",
        "a PNG that is cut": _GOOD[:-30],
        "a PNG with a wrong checksum": _GOOD.replace(b"IDAT", b"IDAU"),
        "a PNG without rows": png(8, 8, b""),
        "a PNG of no pixels": png(0, 0),
        "a PNG of 2**31 by 2**31 pixels": png(2**31 - 1, 2**31 - 1),
        "a PNG bomb": png(30_000, 30_000, bytes(30_001 * 3_000)),
        "a PNG of an unknown colour type": png(8, 8, colour=77),
        "a PNG of random bytes": b"\x89PNG\r\n\x1a\n" + os.urandom(500),
        "a JPEG of random bytes": b"\xff\xd8\xff\xe0" + os.urandom(500),
        "a JPEG of 65,535 by 65,535 pixels": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
        b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\1\x22\0\2\x11\1\3\x11\1\xff\xd9",
    }.items()
}
"""Pictures that are none, or that no function takes."""

SIGNED: Final = tuple(name for name in IMAGES if " PNG" in name or " JPEG" in name)
"""Those that begin as a picture does, so that only the function finds out."""
