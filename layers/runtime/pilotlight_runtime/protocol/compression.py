"""Content-Encoding, both ways (RFC 9110, section 8.4.1). zlib is imported only where a body is compressed."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.limits import MAX_ANSWER_BYTES, MAX_UNPACKED_BYTES
from pilotlight_runtime.protocol.http import HttpResponse

MIN_PACKED_BYTES: Final = 8192
"""Smaller answers are not compressed: API Gateway would take them only in base64."""

_BLOCK_BYTES: Final = 8192
"""Bytes read at once. A gzip body may have any number of members, and each copies the rest of its block."""

_SLICE_BYTES: Final = 1024 * 1024
"""Bytes compressed at once, so that it ends where the answer is larger than Lambda carries."""

_LONGEST_ACCEPTED: Final = 10_240
"""Of an Accept-Encoding: API Gateway's limit on all headers together."""

_LEVEL: Final = 4  # of 9: nearly as small as 6 in half the time
_GZIP_BITS: Final = 31
_ZLIB_BITS: Final = 15
_RAW_BITS: Final = -15
_WINDOW_BITS: Final = {"gzip": _GZIP_BITS, "x-gzip": _GZIP_BITS, "deflate": _ZLIB_BITS}


def unpack(body: bytes, encoding: str, most: int = MAX_UNPACKED_BYTES) -> bytes:
    """Decompresses `body`, whose Content-Encoding is empty, identity, gzip or deflate.

    Old clients send deflate without zlib's header, which is accepted. InvalidRequest where the encoding is another one
    or the body is damaged or cut short; TooLarge over `most` bytes: a decompression bomb stops there.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _WINDOW_BITS:
        raise InvalidRequest(f"Content-Encoding {encoding[:80]!r} is not supported; gzip and deflate are")
    bits = _WINDOW_BITS[name]
    if name == "deflate" and not _has_zlib_header(body):
        bits = _RAW_BITS
    return _inflate(body, name, bits, most)


def pack(response: HttpResponse, accepted: str) -> HttpResponse:
    """Compresses `response` where the Accept-Encoding `accepted` allows it and the body becomes smaller."""
    if len(response.body) < MIN_PACKED_BYTES:
        return response
    name = _chosen(accepted)
    if name is None:
        return response
    import zlib

    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS[name])
    view, body = memoryview(response.body), b""
    for start in range(0, len(view), _SLICE_BYTES):
        body += packer.compress(view[start : start + _SLICE_BYTES])
        if len(body) > MAX_ANSWER_BYTES:
            return response
    body += packer.flush()
    if len(body) >= len(response.body):
        return response
    return response._replace(
        headers={**response.headers, "Content-Encoding": name, "Vary": "Accept-Encoding"}, body=body
    )


def _inflate(body: bytes, name: str, bits: int, most: int) -> bytes:
    """Decompresses all members of a gzip body, or the one stream of a deflate body."""
    import zlib
    from io import BytesIO  # it grows in place: joining parts would need the memory twice

    if not body:
        raise InvalidRequest(f"the {name} body is empty")
    unpacked = BytesIO()
    position = 0
    unpacker = zlib.decompressobj(bits)
    while position < len(body):
        if unpacker.eof:
            if bits != _GZIP_BITS:
                raise InvalidRequest(f"{len(body) - position} bytes follow the end of the {name} body")
            unpacker = zlib.decompressobj(bits)
        block = body[position : position + _BLOCK_BYTES]
        try:
            unpacked.write(unpacker.decompress(block, most - unpacked.tell() + 1))
        except zlib.error:
            raise InvalidRequest(f"the body is not {name}, as Content-Encoding says, or it is damaged") from None
        if unpacked.tell() > most:
            raise TooLarge(f"the body unpacks to more than {most} bytes")
        position += len(block) - len(unpacker.unused_data)
    if not unpacker.eof:
        raise InvalidRequest(f"the {name} body is cut short")
    return unpacked.getvalue()


def _has_zlib_header(body: bytes) -> bool:
    """RFC 1950, section 2.2: method 8 and a check that makes the first two bytes a multiple of 31."""
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def packs(accepted: str) -> bool:
    """Whether an answer may be compressed, as Accept-Encoding says."""
    return _chosen(accepted) is not None


def _chosen(accepted: str) -> str | None:
    """The first of gzip and deflate that Accept-Encoding names without refusing it (q=0)."""
    if len(accepted) > _LONGEST_ACCEPTED:
        return None
    for item in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        refused = any(p.replace(" ", "").rstrip("0").rstrip(".") in ("q=", "q=0") for p in parameters)
        if name in ("gzip", "deflate") and not refused:
            return name
    return None
