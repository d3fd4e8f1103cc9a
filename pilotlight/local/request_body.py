"""The body of one HTTP request, within API Gateway's limits."""

from __future__ import annotations

from typing import Final, NamedTuple

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.http_syntax import parse_chunk_size, parse_length
from pilotlight.local.request_head import RequestHead, read_headers

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""API Gateway's payload limit (API Gateway Developer Guide, "Quotas for REST APIs")."""

_LONGEST_LINE: Final = 1024
_MOST_CHUNKS: Final = 100_000
"""10 MB in chunks of one byte would keep a processor for a minute."""


class Framing(NamedTuple):
    """How the length of a body is told (RFC 9112, section 6).

    Attributes:
        chunked: Whether the body comes in chunks.
        length: Its bytes; 0 where it comes in chunks.
    """

    chunked: bool
    length: int

    @property
    def has_body(self) -> bool:
        """Whether there is anything to read."""
        return self.chunked or self.length > 0


def find_framing(head: RequestHead, most_bytes: int = MAX_BODY_BYTES) -> Framing:
    """Return how the length of a request's body is told.

    Args:
        head: The request.
        most_bytes: The length that may be told.

    Raises:
        RequestRefused: It is told in two ways, in none that is understood, or the body is larger than allowed.
    """
    encodings, lengths = head.values("transfer-encoding"), head.values("content-length")
    if encodings and (lengths or head.version < (1, 1)):
        raise RequestRefused(400, "Transfer-Encoding stands beside Content-Length, or in HTTP/1.0")
    if encodings:
        if len(encodings) > 1 or encodings[0].lower() != "chunked":
            raise RequestRefused(501, "only the Transfer-Encoding chunked is supported")
        return Framing(chunked=True, length=0)
    if not lengths:
        return Framing(chunked=False, length=0)
    length = parse_length(lengths[0])
    if len(lengths) > 1 or length is None:
        raise RequestRefused(400, "Content-Length is not one whole number")
    return Framing(chunked=False, length=_within_limit(length, most_bytes))


def read_body(framing: Framing, reader: ByteReader) -> bytes:
    """Read a request's body; it is empty where the request has none.

    Raises:
        RequestRefused: The body's framing is wrong, or it is larger than 10 MiB.
    """
    return _chunked(reader) if framing.chunked else reader.exactly(framing.length)


def _chunked(reader: ByteReader) -> bytes:
    """RFC 9112, section 7.1: size in hex, the bytes, an empty line; a chunk of size 0 and trailers end it."""
    body = bytearray()
    chunks = 0
    while size := _chunk_size(reader):
        _within_limit(len(body) + size)
        chunks += 1
        if chunks > _MOST_CHUNKS:
            raise RequestRefused(400, f"the body comes in more than {_MOST_CHUNKS} chunks")
        body += reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise RequestRefused(400, "a chunk is not as long as its size says")
    read_headers(reader)
    return bytes(body)


def _chunk_size(reader: ByteReader) -> int:
    size = parse_chunk_size(reader.line(_LONGEST_LINE, RequestRefused(400, "the first line of a chunk is too long")))
    if size is None:
        raise RequestRefused(400, "a chunk's size is not a hexadecimal number")
    return size


def _within_limit(size: int, most_bytes: int = MAX_BODY_BYTES) -> int:
    if size > most_bytes:
        raise RequestRefused(413, "the body is larger than the 10 MB that the endpoint takes")
    return size
