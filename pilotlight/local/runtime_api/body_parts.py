"""The body of a request, part by part as it arrives, and the trailers after it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.event import Headers
from pilotlight.local.http_syntax import parse_chunk_size
from pilotlight.local.request_body import Framing
from pilotlight.local.request_head import read_headers
from pilotlight.local.runtime_api.protocol import MOST_HEAD_BYTES

_LARGEST_PART: Final = 65_536
_LONGEST_LINE: Final = 1024

BodyParts = Generator[bytes, None, Headers]
"""Yields the parts of a body, none of them empty, and returns its trailers."""


def read_parts(framing: Framing, reader: ByteReader) -> BodyParts:
    """Read a body. The end of a chunk is the end of a part, and no part waits for the next bytes.

    Args:
        framing: How the length of the body is told.
        reader: The connection.

    Yields:
        At most 64 KiB each.

    Returns:
        The trailers; empty where the body is not chunked.

    Raises:
        RequestRefused: The connection ends before the body, or the chunks are wrong.
    """
    if not framing.chunked:
        yield from _read_bytes(framing.length, reader)
        return []
    while size := _read_chunk_size(reader):
        yield from _read_bytes(size, reader)
        if reader.exactly(2) != b"\r\n":
            raise RequestRefused(400, "a chunk is not as long as its size says")
    return list(read_headers(reader, MOST_HEAD_BYTES))


def _read_bytes(size: int, reader: ByteReader) -> Generator[bytes, None, None]:
    left = size
    while left:
        part = reader.part(min(left, _LARGEST_PART))
        if not part:
            raise RequestRefused(400, f"the body ends {left} bytes before its end")
        left -= len(part)
        yield part


def _read_chunk_size(reader: ByteReader) -> int:
    size = parse_chunk_size(reader.line(_LONGEST_LINE, RequestRefused(400, "the first line of a chunk is too long")))
    if size is None:
        raise RequestRefused(400, "a chunk's size is not a hexadecimal number")
    return size
