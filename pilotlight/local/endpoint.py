"""Where a client sends requests: an address on the web, or the gateway in this process."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

from pilotlight.core.errors import ServiceError
from pilotlight.local.gateway import Gateway, WebAnswer

TIMEOUT_SECONDS: Final = 40.0
"""Longer than the 29 s that a REST API waits for its function, so that its own answer arrives."""

_HINTS: Final = {
    401: "Give the endpoint's key with --api-key.",
    403: "Give the endpoint's key with --api-key; the deployment's outputs say how to get it.",
    404: "See which models answer with GET /v2/models or `pilotlight models`.",
    413: "Send fewer samples at once, or binary tensors (--npz) instead of JSON.",
    429: "The usage plan's quota or rate is spent: wait, or ask the endpoint's owner.",
    502: "The function failed before it could answer: read its log.",
    504: "The function took longer than 29 s: send fewer samples at once.",
}


class Endpoint(Protocol):
    """Something that answers HTTP requests."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        """The answer, whatever its status; ServiceError where there is none."""


class GatewayEndpoint:
    """Straight into the packaged functions, with no socket between."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        """See Endpoint.send."""
        return self._gateway.answer(method, path, list(headers.items()), body)


class HttpEndpoint:
    """An endpoint on the web, deployed or local. Its key is sent as x-api-key, and never shown."""

    def __init__(self, url: str, api_key: str | None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._parts = urlsplit(url)
        self._url = url
        self._api_key = api_key
        self._timeout = timeout
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ServiceError(url, "is not a web address", "Give --url as https://HOST/STAGE.")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        """See Endpoint.send. `path` is added to the address's own."""
        connection = self._connection()
        sent = {"Accept": "*/*", **headers}
        if self._api_key:
            sent["x-api-key"] = self._api_key
        try:
            connection.request(method, self._parts.path.rstrip("/") + path, body, sent)
            response = connection.getresponse()
            return WebAnswer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException) as error:
            what = f"gave no answer ({type(error).__name__}: {error})"
            raise ServiceError(self._url, what, "Check the address, and that the server there runs.") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        try:
            return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
        except ValueError as error:
            raise ServiceError(self._url, f"is not a web address ({error})", "Correct the port.") from error


def successful(answer: WebAnswer, where: str) -> WebAnswer:
    """`answer` itself where its status is 2xx; else ServiceError with the endpoint's own message."""
    if 200 <= answer.status < 300:
        return answer
    hint = _HINTS.get(answer.status, "Correct the request." if answer.status < 500 else "Read the function's log.")
    raise ServiceError(where, f"answered {answer.status}: {_said(answer.body)}", hint)


def _said(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", "replace").strip() or "nothing"
    if isinstance(document, dict):
        return str(document.get("error") or document.get("message") or document)
    return str(document)
