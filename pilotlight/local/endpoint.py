"""Where a client sends requests: to an address on the web, or to the gateway in this process."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

from pilotlight.core.errors import ServiceError
from pilotlight.local.gateway import Gateway, WebResponse

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
    """Something that responds to HTTP requests."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebResponse:
        """Send one request and return the response, whatever its status.

        Raises:
            ServiceError: There is no response.
        """


class GatewayEndpoint:
    """Sends requests to the packaged functions in this process, without a socket."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebResponse:
        """See Endpoint.send."""
        return self._gateway.answer(method, path, list(headers.items()), body)


class HttpEndpoint:
    """An endpoint on the web, deployed or local.

    Args:
        url: Its address, http or https; a request's path is added to it.
        api_key: Sent as x-api-key, and never shown; None for none.
        timeout: Seconds to wait for a response.
    """

    def __init__(self, url: str, api_key: str | None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._parts = urlsplit(url)
        self._url = url
        self._api_key = api_key
        self._timeout = timeout
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ServiceError(url, "is not a web address", "Give --url as https://HOST/STAGE.")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebResponse:
        """See Endpoint.send."""
        connection = self._connection()
        sent = {"Accept": "*/*", **headers}
        if self._api_key:
            sent["x-api-key"] = self._api_key
        try:
            connection.request(method, self._parts.path.rstrip("/") + path, body, sent)
            response = connection.getresponse()
            return WebResponse(response.status, response.getheaders(), response.read())
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


def require_success(response: WebResponse, where: str) -> WebResponse:
    """Return the response where its status is 2xx.

    Raises:
        ServiceError: It is another; the message is the endpoint's own.
    """
    if 200 <= response.status < 300:
        return response
    hint = _HINTS.get(response.status, "Correct the request." if response.status < 500 else "Read the function's log.")
    raise ServiceError(where, f"answered {response.status}: {_read_message(response.body)}", hint)


def _read_message(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", "replace").strip() or "nothing"
    if isinstance(document, dict):
        return str(document.get("error") or document.get("message") or document)
    return str(document)
