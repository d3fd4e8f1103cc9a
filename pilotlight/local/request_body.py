"""The body of one HTTP request, within API Gateway's limits."""

from __future__ import annotations

import email.message
from io import BufferedIOBase
from typing import Final

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""API Gateway's payload limit (API Gateway Developer Guide, "Quotas for REST APIs")."""

_LONGEST_LINE: Final = 1024


class BodyError(Exception):
    """The body cannot be read, and the connection must close.

    Attributes:
        status: The HTTP status of the response: 400, 413 or 501.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def read_body(headers: email.message.Message, stream: BufferedIOBase) -> bytes:
    """Read a request's body; it is empty where the request has none.

    Raises:
        BodyError: The body's framing is wrong, or it is larger than 10 MiB.
    """
    encoding = headers.get("Transfer-Encoding")
    if encoding is not None:
        if encoding.strip().lower() != "chunked":
            raise BodyError(501, f"Transfer-Encoding {encoding!r} is not supported")
        return _chunked(stream)
    lengths = set(headers.get_all("Content-Length", ["0"]))
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdigit()):
        raise BodyError(400, "Content-Length is not one whole number")
    return _exactly(stream, _within_limit(int(text)))


def _chunked(stream: BufferedIOBase) -> bytes:
    """RFC 9112, section 7.1: size in hex, the bytes, an empty line; a chunk of size 0 and trailers end it."""
    body = bytearray()
    while size := _chunk_size(stream):
        _within_limit(len(body) + size)
        body += _exactly(stream, size)
        if stream.readline(_LONGEST_LINE).strip():
            raise BodyError(400, "a chunk is longer than its size says")
    while stream.readline(_LONGEST_LINE).strip():
        pass
    return bytes(body)


def _chunk_size(stream: BufferedIOBase) -> int:
    text = stream.readline(_LONGEST_LINE).partition(b";")[0].strip()
    try:
        return int(text, 16)
    except ValueError as error:
        raise BodyError(400, "a chunk's size is not a hexadecimal number") from error


def _within_limit(size: int) -> int:
    if not 0 <= size <= MAX_BODY_BYTES:
        raise BodyError(413, "the body is larger than the 10 MB that the endpoint takes")
    return size


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) != size:
        raise BodyError(400, f"the body ends after {len(body)} of {size} bytes")
    return body
