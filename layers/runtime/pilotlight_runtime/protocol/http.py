"""HTTP requests and answers as values, whatever event they come in."""

from __future__ import annotations

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.protocol.json_codec import dumps
from pilotlight_runtime.typed import Final, NamedTuple

JSON: Final = "application/json"


class HttpRequest(NamedTuple):
    """path: without stage and query, still percent-encoded. headers: names in lower case. body: as it was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpResponse(NamedTuple):
    """headers: the names as they are sent. body: as it is sent."""

    status: int
    headers: dict[str, str]
    body: bytes


def json_response(document: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """An answer whose body is `document`."""
    return HttpResponse(status, {"Content-Type": JSON, **(headers or {})}, dumps(document))


def error_response(error: RequestError, request_id: str) -> HttpResponse:
    """`{"error": message}` with the error's status; with the request id too where the fault is ours."""
    document = {"error": str(error)}
    if error.status >= 500:
        document["request_id"] = request_id
    return json_response(document, error.status, error.headers)
