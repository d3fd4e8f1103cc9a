"""HTTP requests and responses as values, whatever event they come in."""

from __future__ import annotations

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.protocol.json_codec import Doubts, dumps

JSON: Final = "application/json"


class ParsedBody(NamedTuple):
    """A JSON body that Lambda has parsed. doubts: what its numbers may be."""

    document: Any
    doubts: Doubts


class HttpRequest(NamedTuple):
    """path: without stage and query, still percent-encoded. headers: names in lower case. body: as it was sent.

    parsed: stands for the body of a direct invocation, which is then empty.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    parsed: ParsedBody | None = None


class HttpResponse(NamedTuple):
    """headers: the names as they are sent. body: as it is sent.

    document: stands for the JSON body of the answer to a direct invocation, which is then empty.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    document: Any = None


def json_response(document: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A response whose body is `document`."""
    return HttpResponse(status, {"Content-Type": JSON, **(headers or {})}, dumps(document))


def error_response(error: RequestError, request_id: str) -> HttpResponse:
    """`{"error": message}` with the error's status; with the request id too where the fault is ours."""
    document = {"error": str(error)}
    if error.status >= 500:
        document["request_id"] = request_id
    return json_response(document, error.status, error.headers)
