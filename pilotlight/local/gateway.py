"""What the REST API does between a client and the functions: route, wrap, call, unwrap."""

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


class WebAnswer(NamedTuple):
    """An HTTP answer: status, headers in order, body as bytes."""

    status: int
    headers: Headers
    body: bytes


class Gateway:
    """Answers requests from `functions`, by model name, and from the catalog for every other path.

    Requests that no function would ever see (no route, too large an event) and answers that API Gateway could not pass
    on become what API Gateway makes of them: 404, 413, and 502 with "Internal server error". `log` takes the traceback
    of a function that failed. API keys and quotas are not enforced here.
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

    def answer(self, method: str, target: str, headers: Headers, body: bytes) -> WebAnswer:
        """The answer to one request. target: path and query string."""
        route = find_route(method, target.partition("?")[0], self._models)
        if route is None:
            return refusal(404, "there is nothing at this path for this method")
        request = WebRequest(method, target, headers, body, self._new_id(), self._clock())
        event = rest_event(request, route)
        if _event_bytes(event) > MAX_EVENT_BYTES:
            return refusal(413, "the event for this body is larger than the 6 MB that Lambda takes")
        try:
            result = self._functions[route.function](event, request.request_id)
            found = unwrapped(result)
        except Exception:  # noqa: BLE001  (a function's failure is a 502 to the client and a traceback in the log)
            self._log.write(traceback.format_exc())
            return refusal(502, "Internal server error")
        return found


def unwrapped(result: Any) -> WebAnswer:
    """A handler's return value as the HTTP answer; ValueError where API Gateway would not understand it."""
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
    return WebAnswer(result["statusCode"], headers, body)


def refusal(status: int, text: str) -> WebAnswer:
    """An answer of API Gateway's own, in the form that template.yaml's GatewayResponses give it."""
    return WebAnswer(status, [("Content-Type", "application/json")], json.dumps({"error": text}).encode())


def _event_bytes(event: Mapping[str, Any]) -> int:
    return len(event["body"] or "") + len(json.dumps({**event, "body": None}))
