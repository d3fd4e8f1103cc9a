"""HTTP requests and responses as values, whatever event they come in."""

from __future__ import annotations

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.protocol.json_codec import Doubts, dumps

JSON: Final = "application/json"
_UPLOADS: Final = ("image/", "multipart/")
_IMAGE_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class HttpRequest(NamedTuple):
    """path: without stage and query, still percent-encoded. headers: names in lower case. body: as it was sent.

    doubts: where they are given, `document` stands for the body, which is empty: Lambda has parsed a direct invocation.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    document: Any = None
    doubts: Doubts | None = None


class HttpResponse(NamedTuple):
    """headers: the names as they are sent. body: as it is sent.

    document: stands for the JSON body of the answer to a direct invocation, which is then empty.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    document: Any = None


def is_upload(body: bytes, content_type: str) -> bool:
    """Whether a request is a picture or a form with files.

    A picture is known by its Content-Type or by how its body begins, which JSON never does; a form by its Content-Type.
    """
    return content_type.strip().lower().startswith(_UPLOADS) or body.startswith(_IMAGE_MAGIC)


def is_form(content_type: str) -> bool:
    """Whether a request is a form with files."""
    return content_type.strip().lower().startswith("multipart/")


def json_response(document: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A response whose body is `document`."""
    return HttpResponse(status, {"Content-Type": JSON, **(headers or {})}, dumps(document))


def error_response(error: RequestError, request_id: str) -> HttpResponse:
    """What the error says of itself, `{"error": message}` in most cases, with its status.

    TypeError where the error is of a person's class, whose headers are no text.
    """
    if not all(isinstance(part, str) for header in error.headers.items() for part in header):
        raise TypeError("a header of the error is no text")
    return json_response(error.describe(request_id), error.status, error.headers)
