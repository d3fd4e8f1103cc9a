"""What a capture holds: a request and its answer, as compressed JSON. It has no header and no key."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from zlib import decompressobj

from pilotlight_runtime.json_text import loads, make_encoder
from pilotlight_runtime.light_typing import Final, NamedTuple

MOST_BYTES: Final = 1024 * 1024
"""Of a body. A request with a longer one is not captured, and neither is a longer answer that is sent as a whole."""

_SCHEMA: Final = 1
_GZIP: Final = 31
"""zlib's number for the format of gzip."""
_LEVEL: Final = 6
_MOST_TEXT: Final = 4 * MOST_BYTES
_write: Final = make_encoder(separators=(",", ":"))


class Exchange(NamedTuple):
    """A request and its answer.

    Attributes:
        time: When it was answered, in seconds since the epoch.
        tenant: The tenant's id.
        key_id: The id of the key.
        model: The model.
        version: Its version.
        request_id: Lambda's id of the invocation.
        method: Of HTTP.
        path: Without stage and query.
        status: Of HTTP.
        request: The body of the request, as it was sent.
        response: The body of the answer, as it was sent; of a stream its first MOST_BYTES bytes.
        whole: Whether `response` is the whole answer.
    """

    time: int
    tenant: str
    key_id: str
    model: str
    version: str
    request_id: str
    method: str
    path: str
    status: int
    request: bytes
    response: bytes
    whole: bool


def write_document(exchange: Exchange) -> bytes:
    """Writes an exchange as JSON, compressed as gzip does."""
    from zlib import DEFLATED, compressobj

    bodies = {name: b2a_base64(getattr(exchange, name), newline=False).decode() for name in ("request", "response")}
    document = _write({"schema": _SCHEMA, **exchange._asdict(), **bodies})
    packing = compressobj(_LEVEL, DEFLATED, _GZIP)
    return packing.compress(document.encode()) + packing.flush()


def read_document(raw: bytes) -> Exchange:
    """Reads what `write_document` wrote.

    Args:
        raw: The compressed document.

    Returns:
        The exchange.

    Raises:
        ValueError: It is another document, or one of a later schema.
    """
    from zlib import error

    try:
        document = loads(decompressobj(_GZIP).decompress(raw, _MOST_TEXT))
        schema = document.pop("schema")
        bodies = {name: a2b_base64(document[name]) for name in ("request", "response")}
        exchange = Exchange(**{**document, **bodies})
    except (error, ValueError, LookupError, TypeError, AttributeError) as failure:
        raise ValueError("the capture is damaged") from failure
    if schema != _SCHEMA:
        raise ValueError(f"the capture is of schema {schema!r}, and this release reads {_SCHEMA}")
    return exchange
