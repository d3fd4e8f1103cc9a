"""Requests that carry a canary in every place that a caller can fill."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

from support.canaries import CANARY, Canary

Event = dict[str, Any]
CHOSEN = CANARY.text
"""What a caller sends as x-amzn-RequestId."""


def rest(path: str, document: object = None, *, method: str = "", query: str = "", **headers: str) -> Event:
    """A REST event, with what API Gateway adds. document: bytes as they are, everything else as JSON."""
    body = document if isinstance(document, bytes | None) else json.dumps(document).encode()
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method or ("GET" if body is None else "POST"),
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "queryStringParameters": {"q": query} if query else None,
        "pathParameters": {"proxy": path[1:]},
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
        "requestContext": {"extendedRequestId": "Zk3pQHX2IAMFq9A=", "requestId": "c6af9ac6-7b61", "stage": "live"},
    }


def http_api(path: str, document: object, domain: str) -> Event:
    """The event of an HTTP API or, by its domain, of a function URL."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "domainName": domain,
            "http": {"method": "POST", "path": path},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
        },
        "body": json.dumps(document),
        "isBase64Encoded": False,
    }


def http_api_of(event: Event, domain: str) -> Event:
    """A REST event as an HTTP API or, by its domain, a function URL writes it."""
    parameters = event.get("queryStringParameters") or {}
    context = event["requestContext"]
    return {
        "version": "2.0",
        "rawPath": event["path"],
        "rawQueryString": "&".join(f"{name}={value}" for name, value in parameters.items()),
        "queryStringParameters": parameters,
        "pathParameters": event.get("pathParameters"),
        "stageVariables": event.get("stageVariables"),
        "headers": {name.lower(): value for name, value in event["headers"].items()},
        "cookies": [value for name, value in event["headers"].items() if name.lower() == "cookie"],
        "requestContext": {
            "domainName": domain,
            "http": {
                "method": event["httpMethod"],
                "path": event["path"],
                "sourceIp": context.get("identity", {}).get("sourceIp", ""),
                "userAgent": context.get("identity", {}).get("userAgent", ""),
            },
            # Should a caller be able to choose that of a function URL, it must not be logged.
            "requestId": CHOSEN if ".lambda-url." in domain else "JKJaXmPLvHcESHA=",
            "stage": "$default",
        },
        "body": event["body"],
        "isBase64Encoded": event["isBase64Encoded"],
    }


def everywhere_but_in_the_body(canary: Canary, path: str, document: object) -> Iterator[tuple[str, Event]]:
    """One request, with the canary in a header, a key, the path, the query or what API Gateway says of the caller."""
    text = canary.text
    for name in ("X-Api-Key", "User-Agent", "Accept", "Content-Type", "Accept-Encoding", "X-Amzn-Trace-Id", "Cookie"):
        yield f"header {name}", rest(path, document, **{name: text})
    yield "bearer key", rest(path, document, Authorization=f"Bearer {text}")
    yield "length of the JSON", rest(path, document, Inference_Header_Content_Length=text)
    yield "encoding", rest(path, document, Content_Encoding=text)
    yield "location", rest(path, None, method="POST", Content_Location=f"s3://{text}/{text}")
    yield "name of a header", rest(path, document, **{text: "x"})
    yield "query", rest(path, document, query=text)
    yield "method", rest(path, document, method=text)
    for place in (
        f"/v2/models/{canary.in_path}/infer",
        f"{path}/{text}",
        f"/{text}",
        f"/v1/{text}",
        f"/v1/files/{text}",
    ):
        yield f"path {place.replace(text, '*')}", rest(place, document)
        yield f"path {place.replace(text, '*')}, GET", rest(place)
    event = rest(path, document)
    identity = {"apiKey": text, "sourceIp": text, "userAgent": text}
    # x-amzn-RequestId, which a caller may send, becomes the requestId.
    yield "context", {**event, "requestContext": {**event["requestContext"], "identity": identity, "requestId": text}}
    yield "stage variables", {**event, "stageVariables": {text: text}}
    yield "HTTP API", http_api(f"{path}/{text}", document, "abc.execute-api.eu-central-1.amazonaws.com")
    yield "function URL", http_api(f"{path}/{text}", document, "abc.lambda-url.eu-central-1.on.aws")


def as_bodies(canary: Canary, path: str, document: dict[str, Any]) -> Iterator[tuple[str, Event]]:
    """A request whose JSON has the canary, in every form that a body can have, right and wrong."""
    body = json.dumps(document).encode()
    assert canary.text.encode() in body
    yield "text", rest(path, body)
    yield "gzip", rest(path, gzip.compress(body), Content_Encoding="gzip")
    yield "gzip that is cut off", rest(path, gzip.compress(body)[:-9], Content_Encoding="gzip")
    yield "gzip that is none", rest(path, body, Content_Encoding="gzip")
    yield "JSON that is cut off", rest(path, body[:-1])
    yield "JSON with more behind it", rest(path, body + canary.text.encode())
    yield "no JSON", rest(path, canary.text.encode())
    yield "no UTF-8", rest(path, body + b"\xff")
    yield "NaN", rest(path, body[:-1] + b', "' + canary.text.encode() + b'": NaN}')
    yield (
        "equal names",
        rest(path, body[:-1] + b', "' + canary.text.encode() + b'": 1, "' + canary.text.encode() + b'": 2}'),
    )
    yield "deep", rest(path, b"[" * 2000 + body + b"]" * 2000)
    yield "another type", rest(path, body, Content_Type="application/octet-stream")
    form = b'--b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n\r\n%b\r\n--b--\r\n'
    yield "form", rest(path, form % ((canary.text.encode(),) * 3), Content_Type="multipart/form-data; boundary=b")
    yield "picture", rest(path, b"\x89PNG\r\n\x1a\n" + canary.text.encode(), Content_Type="image/png")
    yield "text that is not encoded", {**rest(path, body), "body": body.decode(), "isBase64Encoded": False}
    yield "base64 that is none", {**rest(path, body), "body": f"={canary.text}="}
    yield "too large", {**rest(path, body), "body": canary.text * 300_000}
    yield "HTTP API", http_api(path, document, "abc.execute-api.eu-central-1.amazonaws.com")
    yield "function URL", http_api(path, document, "abc.lambda-url.eu-central-1.on.aws")
    yield "an object with a path", {"path": path, "body": document}
    for field in ("headers", "multiValueHeaders", "body", "path", "httpMethod"):
        yield f"{field} of another type", {**rest(path, body), field: [canary.text, canary.number]}


def fields(canary: Canary, document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Copies of a document with the canary in the place of one value, or as the name of one more."""
    yield "name of a field", {**document, canary.text: canary.number}
    yield "name of a field within", {name: {canary.text: value} for name, value in document.items()}
    for name in document:
        for kind, value in (
            ("text", canary.text),
            ("number", canary.number),
            ("list", [canary.text]),
            ("object", {canary.text: canary.text}),
        ):
            yield f"{kind} as {name}", {**document, name: value}
