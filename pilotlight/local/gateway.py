"""What the REST API does between a client and the functions: find the route, make the event, call the function."""

from __future__ import annotations

import base64
import binascii
import json
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TextIO

from pilotlight.core.printable import escape_lines
from pilotlight.local.event import Headers, WebRequest, rest_event
from pilotlight.local.faults import FunctionFault
from pilotlight.local.http_syntax import is_header_name, is_header_value
from pilotlight.local.language_routes import find_language_route
from pilotlight.local.routes import CATALOG, Route, find_route
from pilotlight.local.streamed_body import StreamedBody

MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit on a synchronous event and on its answer (Lambda Developer Guide, "Lambda quotas")."""

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""What ANY stands for (API Gateway Developer Guide, "Set up a method for a REST API")."""


class WebResponse(NamedTuple):
    """An HTTP response.

    Attributes:
        status: The status code.
        headers: Names and values in order.
        body: The body's bytes.
    """

    status: int
    headers: Headers
    body: bytes


class StreamedResponse(NamedTuple):
    """An HTTP response whose body the function still makes. Read the body to its end, or close it.

    Attributes:
        status: The status code.
        headers: Names and values in order.
        body: The body.
    """

    status: int
    headers: Headers
    body: StreamedBody


class CallFunction(Protocol):
    """A function, in this process or in one of its own."""

    def __call__(self, event: Any, request_id: str, /) -> Any:
        """Return what the handler returns for this event; FunctionFault, or whatever it raises, where it fails."""


class Gateway:
    """Calls the function that a request belongs to: a model's, or the catalog for every other path.

    A request without a route is 404, an event over Lambda's limit is 413, a function that takes too long is 504, and
    one that fails or returns something that API Gateway does not understand is 502, as API Gateway does it. A function
    whose process dies is 500, with the reason. Keys and quotas of API Gateway are not enforced.

    Args:
        functions: The models' functions by model name.
        catalog: The catalog's function; None where only models are asked.
        log: Takes the traceback of a function that fails.
        clock: Seconds since the epoch.
        new_id: Makes the id of a request.
        languages: The task of each language model, by name. They answer OpenAI's paths besides.
    """

    def __init__(
        self,
        functions: Mapping[str, CallFunction],
        catalog: CallFunction | None,
        log: TextIO,
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        languages: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._models = tuple(functions)
        self._functions = dict(functions) if catalog is None else {**functions, CATALOG: catalog}
        self._log = log
        self._clock = clock
        self._new_id = new_id
        self._languages = languages

    def refuse(self, method: str, target: str, body_bytes: int) -> WebResponse | None:
        """Return the response to a request that reaches no function, whatever its body holds; None for any other.

        Args:
            method: The HTTP method.
            target: Path and query string.
            body_bytes: The size of the body.
        """
        if self._find_route(method, target) is None:
            return _NO_ROUTE
        return _TOO_LARGE if body_bytes * 4 // 3 > MAX_EVENT_BYTES else None

    def answer(self, method: str, target: str, headers: Headers, body: bytes) -> WebResponse | StreamedResponse:
        """Return the response to one request.

        Args:
            method: The HTTP method.
            target: Path and query string.
            headers: Names and values in order.
            body: The body's bytes.
        """
        route = self._find_route(method, target, body)
        if route is None:
            return _NO_ROUTE
        request = WebRequest(method, target, headers, body, self._new_id(), self._clock())
        event = rest_event(request, route)
        if _event_bytes(event) > MAX_EVENT_BYTES:
            return _TOO_LARGE
        try:
            return read_proxy_result(self._functions[route.function](event, request.request_id))
        except FunctionFault as fault:
            self._log.write(escape_lines(fault.details))
            return error_response(fault.status, str(fault))
        except Exception:  # noqa: BLE001  (a function's failure is a 502 to the client and a traceback in the log)
            self._log.write(escape_lines(traceback.format_exc()))
            return error_response(502, "Internal server error")

    def _find_route(self, method: str, target: str, body: bytes = b"") -> Route | None:
        if method not in METHODS:
            return None
        path = target.partition("?")[0]
        route = find_language_route(path, body, self._languages) or find_route(method, path, self._models)
        return route if route is not None and route.function in self._functions else None


def read_proxy_result(result: Any) -> WebResponse | StreamedResponse:
    """Return a handler's result as an HTTP response.

    Raises:
        ValueError: API Gateway would not understand the result. A body that streams is closed then.
    """
    streamed = result.get("body") if isinstance(result, dict) else None
    if not isinstance(streamed, StreamedBody):
        status, headers = _read_head(result)
        return WebResponse(status, headers, _read_body(result))
    try:
        status, headers = _read_head(result)
    except BaseException:
        streamed.close()
        raise
    return StreamedResponse(status, headers, streamed)


def _read_head(result: Any) -> tuple[int, list[tuple[str, str]]]:
    """Return status and headers."""
    status = result.get("statusCode") if isinstance(result, dict) else None
    if type(status) is not int or not 200 <= status <= 599:
        raise ValueError("the handler returned no object with a statusCode from 200 to 599")
    headers = [(str(name), str(value)) for name, value in (result.get("headers") or {}).items()]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
        headers += [(str(name), str(value)) for value in values]
    for name, value in headers:
        if not (is_header_name(name) and is_header_value(value)):
            raise ValueError("the handler returned a header that HTTP does not allow")
    return status, headers


def _read_body(result: Any) -> bytes:
    text = result.get("body") or ""
    if not isinstance(text, str) or len(text) > MAX_EVENT_BYTES:
        raise ValueError(f"the handler's body is no text of at most {MAX_EVENT_BYTES} bytes")
    try:
        return base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    except binascii.Error as error:
        raise ValueError(f"the handler's body is not base64: {error}") from error


def error_response(status: int, text: str) -> WebResponse:
    """Return a response of API Gateway's own, in the form of template.yaml's GatewayResponses."""
    return WebResponse(status, [("Content-Type", "application/json")], json.dumps({"error": text}).encode())


def _event_bytes(event: Mapping[str, Any]) -> int:
    return len(event["body"] or "") + len(json.dumps({**event, "body": None}))


_NO_ROUTE: Final = error_response(404, "there is no route for this path for this method")
_TOO_LARGE: Final = error_response(413, "the event for this body is larger than the 6 MB that Lambda takes")
