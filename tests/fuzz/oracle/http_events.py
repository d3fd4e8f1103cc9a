"""The HTTP request in an event.

Sources: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration" (REST APIs) and "Payload
format version" 2.0 (HTTP APIs and function URLs); docs/protocols.md and the docstring of pilotlight_runtime/events.py
for direct invocations; RFC 1950 to 1952 for compressed bodies.
"""

from __future__ import annotations

import binascii
import json
import zlib
from typing import Any, NamedTuple

from fuzz.oracle.expected import TOO_LARGE, Invalid

MOST_BODY = 6 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Http(NamedTuple):
    """A request. lenient: an odd envelope, such as a header that is no text, may be refused or read."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    lenient: bool


def read_http(event: Any) -> Http:
    """Reads an event with an HTTP request; Invalid where it has none, or a broken one."""
    if not isinstance(event, dict):
        raise Invalid("no object")
    context = event.get("requestContext")
    if isinstance(context, dict) and isinstance(context.get("http"), dict):
        path, stage = _text(event, "rawPath"), context.get("stage")
        if isinstance(stage, str) and (path + "/").startswith(f"/{stage}/"):
            path = path[len(stage) + 1 :]
        method = _text(context["http"], "method")
    elif "httpMethod" in event:
        method, path = _text(event, "httpMethod"), _text(event, "path")
    elif "path" in event:
        default = "GET" if event.get("body") is None else "POST"
        method, path = _text({"method": default, **event}, "method"), _text(event, "path")
    else:
        raise Invalid("an event of no kind")
    headers, lenient = _headers(event)
    return Http(method.upper(), path, headers, _body(event), lenient or "resource" in event)


def unpack(body: bytes, encoding: str) -> bytes:
    """Undoes Content-Encoding: gzip of any number of members, deflate with or without zlib's header."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _BITS:
        raise Invalid("an unknown Content-Encoding")
    if name != "deflate":
        return _members(body)
    found = _stream(body, 15) or _stream(body, -15)
    if found is None:
        raise Invalid("no deflate")
    return found[0]


def _members(body: bytes) -> bytes:
    parts: list[bytes] = []
    rest = body
    while rest or not parts:
        unpacker = zlib.decompressobj(31)
        try:
            parts.append(unpacker.decompress(rest, MOST_UNPACKED))
        except zlib.error:
            raise Invalid("no gzip") from None
        if sum(map(len, parts)) >= MOST_UNPACKED:
            raise Invalid("unpacks to too much", TOO_LARGE)
        if not unpacker.eof:
            raise Invalid("a gzip body that is cut short")
        rest = unpacker.unused_data
    return b"".join(parts)


def _stream(body: bytes, bits: int) -> tuple[bytes] | None:
    """The content of the one stream in `body`; None where it is none."""
    unpacker = zlib.decompressobj(bits)
    try:
        found = unpacker.decompress(body, MOST_UNPACKED)
    except zlib.error:
        return None
    if len(found) >= MOST_UNPACKED:
        raise Invalid("unpacks to too much", TOO_LARGE)
    return (found,) if unpacker.eof and not unpacker.unused_data else None


def _headers(event: dict[str, Any]) -> tuple[dict[str, str], bool]:
    """Headers by name in lower case, and whether one is odd. Values of a repeated one are joined (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    odd = False
    for field in ("headers", "multiValueHeaders"):
        given = event.get(field)
        if given is not None and not isinstance(given, dict):
            raise Invalid(f"{field} are no object")
        for name, value in (given or {}).items():
            values = value if isinstance(value, list) else [value]
            odd = odd or not all(isinstance(item, str) for item in values) or not values
            found[name.lower()] = ", ".join(str(item) for item in values if item is not None)
    return found, odd


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if isinstance(body, dict | list):  # a direct invocation need not write it as text
        try:
            return json.dumps(body, allow_nan=False).encode()
        except (ValueError, RecursionError):
            raise Invalid("a body with NaN or infinity") from None
    if not isinstance(body, str):
        raise Invalid("a body that is no text")
    if len(body) > MOST_BODY:
        raise Invalid("a body longer than Lambda carries", TOO_LARGE)
    try:
        return binascii.a2b_base64(body, strict_mode=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise Invalid("a body that is not what isBase64Encoded says") from None


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Invalid(f"{name} is no text")
    return value
