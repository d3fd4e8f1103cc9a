"""Where a client sends requests: to an address on the web, or to the gateway in this process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from pilotlight.core.documents import InvalidDocument, parse_json
from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import shorten
from pilotlight.local.faults import FunctionFault
from pilotlight.local.gateway import Gateway, WebResponse
from pilotlight.local.http_exchange import WAITS, HttpAddress, Waits, exchange, parse_address

_KEY: Final = re.compile(r"[\x21-\x7e]+")

_MAX_MESSAGE_BYTES: Final = 4_096

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
        response = self._gateway.answer(method, path, list(headers.items()), body)
        if isinstance(response, WebResponse):
            return response
        try:
            return WebResponse(response.status, response.headers, b"".join(response.body))
        except FunctionFault as fault:
            what = f"the function failed in the middle of its response: {fault}"
            raise ServiceError("the response", what, "Read the function's log.") from fault


def check_key(api_key: str | None) -> str | None:
    """Return the key.

    Raises:
        ServiceError: It has characters that no key has.
    """
    if api_key and not _KEY.fullmatch(api_key):
        what = "has characters that no key has: spaces, line ends, or letters outside ASCII"
        raise ServiceError("the API key", what, "Correct --api-key or PILOTLIGHT_API_KEY.")
    return api_key


class HttpEndpoint:
    """An endpoint on the web, deployed or local. It follows no redirect: the key is only for this address.

    Args:
        url: Its address, http or https; a request's path is added to it.
        api_key: Sent as x-api-key, and never shown; None for none.
        waits: How long to wait for a response.
    """

    def __init__(self, url: str, api_key: str | None, waits: Waits = WAITS) -> None:
        self._address: HttpAddress = parse_address(url)
        self._api_key = check_key(api_key)
        self._waits = waits

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> WebResponse:
        """See Endpoint.send."""
        sent = {"Accept": "*/*", **headers}
        if self._api_key:
            sent["x-api-key"] = self._api_key
        return exchange(self._address, method, path, sent, body, self._waits)


def require_success(response: WebResponse, where: str) -> WebResponse:
    """Return the response where its status is 2xx.

    Raises:
        ServiceError: It is another; the message is the endpoint's own.
    """
    if 200 <= response.status < 300:
        return response
    if 300 <= response.status < 400:
        location = next((value for name, value in response.headers if name.lower() == "location"), "")
        what = f"answered {response.status}: it redirects to {shorten(location) or 'nowhere'}"
        raise ServiceError(where, what, "Redirects are not followed: give that address with --url if you trust it.")
    hint = _HINTS.get(response.status, "Correct the request." if response.status < 500 else "Read the function's log.")
    raise ServiceError(where, f"answered {response.status}: {_read_message(response.body)}", hint)


def _read_message(body: bytes) -> str:
    """The message of an error response, on one line without control characters."""
    try:
        document = parse_json(body)
    except InvalidDocument:
        return shorten(body[:_MAX_MESSAGE_BYTES].decode("utf-8", "replace")) or "nothing"
    if isinstance(document, dict):
        document = document.get("error") or document.get("message") or document
    return shorten(str(document))
