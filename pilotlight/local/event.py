"""One HTTP request as the event that an API Gateway REST API hands to a function (Lambda proxy integration).

Field names and encodings: Amazon API Gateway Developer Guide, "Input format of a Lambda function for proxy
integration". The API has BinaryMediaTypes */*, so every body arrives in base64 whatever its Content-Type.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from pilotlight.local.routes import Route

STAGE: Final = "local"
API_ID: Final = "local"
ACCOUNT: Final = "123456789012"

Headers = Sequence[tuple[str, str]]
"""Names and values in the order in which they came; a name may come twice."""


class WebRequest(NamedTuple):
    """One HTTP request.

    Attributes:
        method: The HTTP method.
        target: Path and query string, as in the request line.
        headers: Names and values in order.
        body: The body's bytes.
        request_id: The request's id.
        received: Seconds since the epoch.
    """

    method: str
    target: str
    headers: Headers
    body: bytes
    request_id: str
    received: float


def rest_event(request: WebRequest, route: Route) -> dict[str, Any]:
    """Return the event for a request that matched this route."""
    path, _, query = request.target.partition("?")
    arguments = parse_qsl(query, keep_blank_values=True)
    return {
        "resource": route.resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(request.headers) or None,
        "multiValueHeaders": _grouped(request.headers),
        "queryStringParameters": dict(arguments) or None,
        "multiValueQueryStringParameters": _grouped(arguments),
        "pathParameters": None if route.proxy is None else {"proxy": route.proxy},
        "stageVariables": None,
        "requestContext": _context(request, route, path),
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def inference_event(model: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the event for an inference request to the served version of a model.

    Args:
        model: The model's name.
        headers: HTTP headers.
        body: The request's body.
    """
    path = f"/v2/models/{model}"
    request = WebRequest("POST", f"{path}/infer", list(headers.items()), body, "request", time.time())
    return rest_event(request, Route(model, f"{path}/{{proxy+}}", "infer"))


def _context(request: WebRequest, route: Route, path: str) -> dict[str, Any]:
    agent = next((value for name, value in request.headers if name.lower() == "user-agent"), None)
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": "127.0.0.1",
        "domainPrefix": "127",
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": {"sourceIp": "127.0.0.1", "userAgent": agent},
        "path": f"/{STAGE}{path}",
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.received)),
        "requestTimeEpoch": int(request.received * 1000),
        "resourceId": "local",
        "resourcePath": route.resource,
        "stage": STAGE,
    }


def _grouped(pairs: Headers) -> dict[str, list[str]] | None:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups or None
