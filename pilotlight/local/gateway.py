"""What the REST API does between a client and the functions: find the route, make the event, call the function."""

from __future__ import annotations

import base64
import binascii
import json
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TextIO

from pilotlight.local.event import Headers, WebRequest, rest_event
from pilotlight.local.functions import Function
from pilotlight.local.routes import CATALOG, find_route

MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit on a synchronous event and on its answer (Lambda Developer Guide, "Lambda quotas")."""


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


class Gateway:
    """Calls the function that a request belongs to: a model's, or the catalog for every other path.

    A request without a route is 404, an event over Lambda's limit is 413, and a function that fails or returns
    something that API Gateway does not understand is 502, as API Gateway does it. API keys and quotas are not enforced.

    Args:
        functions: The models' functions by model name.
        catalog: The catalog's function.
        log: Takes the traceback of a function that fails.
        clock: Seconds since the epoch.
        new_id: Makes the id of a request.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        catalog: Function,
        log: TextIO,
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._models = tuple(functions)
        self._functions = {**functions, CATALOG: catalog}
        self._log = log
        self._clock = clock
        self._new_id = new_id

    def answer(self, method: str, target: str, headers: Headers, body: bytes) -> WebResponse:
        """Return the response to one request.

        Args:
            method: The HTTP method.
            target: Path and query string.
            headers: Names and values in order.
            body: The body's bytes.
        """
        route = find_route(method, target.partition("?")[0], self._models)
        if route is None:
            return error_response(404, "there is no route for this path for this method")
        request = WebRequest(method, target, headers, body, self._new_id(), self._clock())
        event = rest_event(request, route)
        if _event_bytes(event) > MAX_EVENT_BYTES:
            return error_response(413, "the event for this body is larger than the 6 MB that Lambda takes")
        try:
            result = self._functions[route.function](event, request.request_id)
            found = read_proxy_result(result)
        except Exception:  # noqa: BLE001  (a function's failure is a 502 to the client and a traceback in the log)
            self._log.write(traceback.format_exc())
            return error_response(502, "Internal server error")
        return found


def read_proxy_result(result: Any) -> WebResponse:
    """Return a handler's result as an HTTP response.

    Raises:
        ValueError: API Gateway would not understand the result.
    """
    if not isinstance(result, dict) or not isinstance(result.get("statusCode"), int):
        raise ValueError("the handler returned no object with a statusCode")  # noqa: TRY004  (a wrong value to API Gateway)
    headers = [(str(name), str(value)) for name, value in (result.get("headers") or {}).items()]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
        headers += [(str(name), str(value)) for value in values]
    text = result.get("body") or ""
    if not isinstance(text, str) or len(text) > MAX_EVENT_BYTES:
        raise ValueError(f"the handler's body is no text of at most {MAX_EVENT_BYTES} bytes")
    try:
        body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    except binascii.Error as error:
        raise ValueError(f"the handler's body is not base64: {error}") from error
    return WebResponse(result["statusCode"], headers, body)


def error_response(status: int, text: str) -> WebResponse:
    """Return a response of API Gateway's own, in the form of template.yaml's GatewayResponses."""
    return WebResponse(status, [("Content-Type", "application/json")], json.dumps({"error": text}).encode())


def _event_bytes(event: Mapping[str, Any]) -> int:
    return len(event["body"] or "") + len(json.dumps({**event, "body": None}))
