"""The events that carry a request: of API Gateway, of function URLs, and direct invocations."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from random import Random
from typing import Any

from fuzz.events.drafts import Draft
from fuzz.events.values import RAW

REST, HTTP_API, URL, PATH, DIRECT = "rest", "http-api", "url", "path", "direct"
_RAW_TOKEN = re.compile(rf'"{RAW}(.*?){RAW}"')


def write_json(document: Any, rng: Random) -> str:
    """Writes a document; strings between RAW marks become tokens of their own."""
    ascii_only = rng.random() < 0.7
    compact = (",", ":") if rng.random() < 0.5 else None
    text = json.dumps(document, ensure_ascii=ascii_only, separators=compact)
    return _RAW_TOKEN.sub(lambda found: json.loads(f'"{found[1]}"'), text) if RAW in text else text


def encode_text(text: str) -> bytes:
    """UTF-8, in which a half of a surrogate pair is malformed as it would be from a careless client."""
    return text.encode("utf-8", "surrogatepass")


def compress(rng: Random, body: bytes, headers: dict[str, Any]) -> bytes:
    """The body in a Content-Encoding, which is added to the headers."""
    kind = rng.choice(("gzip", "deflate", "raw"))
    headers["Content-Encoding"] = "gzip" if kind == "gzip" else "deflate"
    if kind == "gzip":
        return gzip.compress(body, 1, mtime=0)
    packer = zlib.compressobj(1, zlib.DEFLATED, 15 if kind == "deflate" else -15)
    return packer.compress(body) + packer.flush()


def wrap(rng: Random, draft: Draft, body: bytes, kind: str) -> dict[str, Any]:
    """The event of this kind that carries the body."""
    event = _fields(rng, draft, kind)
    as_text = rng.random() < 0.5
    try:
        text = body.decode() if as_text else ""
    except UnicodeDecodeError:
        as_text = False
    event["isBase64Encoded"] = not as_text and bool(body)
    event["body"] = (text if as_text else base64.b64encode(body).decode()) or None
    return event


def _fields(rng: Random, draft: Draft, kind: str) -> dict[str, Any]:
    headers = {name.lower() if rng.random() < 0.5 else name: value for name, value in draft.headers.items()}
    if kind == REST:
        several = {name: [value] for name, value in headers.items()} if rng.random() < 0.5 else None
        ids = {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "extendedRequestId": "JKJaXmPLvHcESHA="}
        return {
            "httpMethod": draft.method,
            "path": draft.path,
            "headers": headers or None,
            "multiValueHeaders": several,
            "requestContext": {**ids, "stage": "live"},
        }
    if kind in (HTTP_API, URL):
        stage = "$default" if kind == URL or rng.random() < 0.5 else "live"
        http = {"method": draft.method, "path": draft.path}
        path = draft.path if stage == "$default" else f"/{stage}{draft.path}"
        context = {"http": http, "stage": stage, "requestId": "JKJaXmPLvHcESHA="}
        return {"version": "2.0", "rawPath": path, "headers": headers, "requestContext": context}
    found: dict[str, Any] = {"path": draft.path, "headers": headers}
    if rng.random() < 0.5 or draft.method != "POST":
        found["method"] = draft.method
    return found
