"""Where a client sends a request whose answer it reads while it is made: on the web, or to the gateway here."""

from __future__ import annotations

import http.client
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote

from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import shorten
from pilotlight.local.faults import FunctionFault
from pilotlight.local.gateway import Gateway, WebResponse
from pilotlight.local.http_exchange import SAFE, BoundedResponse, Waits, parse_address
from pilotlight.local.streamed_body import StreamedBody

_WAITS: Final = Waits(silence=60.0, whole=15 * 60.0)
"""API Gateway streams for 15 minutes at most."""
_PART: Final = 65_536


class StreamedAnswer(NamedTuple):
    """An answer.

    Attributes:
        status: The HTTP status.
        parts: The body, as it arrives.
    """

    status: int
    parts: Iterator[bytes]

    def read(self) -> WebResponse:
        """Wait for the whole body."""
        return WebResponse(self.status, [], b"".join(self.parts))

    def close(self) -> None:
        """End the exchange, also where the answer is not read to its end."""
        if isinstance(self.parts, Generator):
            self.parts.close()


class StreamingEndpoint(Protocol):
    """Something that answers HTTP requests, part by part."""

    def post(self, path: str, body: bytes) -> StreamedAnswer:
        """Send a JSON document and return the answer, whatever its status.

        Raises:
            ServiceError: There is no answer, or it ends early; also while its parts are read.
        """


class StreamingGateway:
    """Sends requests to the packaged functions on this machine, without a socket."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def post(self, path: str, body: bytes) -> StreamedAnswer:
        """See StreamingEndpoint.post."""
        response = self._gateway.answer("POST", path, [("Content-Type", "application/json")], body)
        if isinstance(response, WebResponse):
            return StreamedAnswer(response.status, iter((response.body,)))
        return StreamedAnswer(response.status, self._follow(response.body))

    def _follow(self, body: StreamedBody) -> Iterator[bytes]:
        try:
            with closing(body):
                yield from body
        except FunctionFault as fault:
            what = f"the function failed in the middle of its answer: {fault}"
            raise ServiceError("the answer", what, "Read the function's log.") from fault


class StreamingHttp:
    """An endpoint on the web, deployed or local. It follows no redirect.

    Args:
        url: Its address, http or https; a request's path is added to it.
        headers: Headers of every request, such as the key's. They are never shown.
        waits: How long to wait for an answer.
    """

    def __init__(self, url: str, headers: Mapping[str, str], waits: Waits = _WAITS) -> None:
        self._address = parse_address(url)
        self._headers = {"Content-Type": "application/json", "Accept": "*/*", **headers}
        self._waits = waits

    def post(self, path: str, body: bytes) -> StreamedAnswer:
        """See StreamingEndpoint.post."""
        parts = self._exchange(path, body)
        with self._told():
            status = int(next(parts))
        return StreamedAnswer(status, parts)

    def _exchange(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Yield the status, then the parts of the body."""
        kind = http.client.HTTPSConnection if self._address.secure else http.client.HTTPConnection
        with self._told(), closing(kind(self._address.host, self._address.port, timeout=self._waits.silence)) as sent:
            sent.request("POST", self._address.path + quote(path, safe=SAFE), body, self._headers)
            with BoundedResponse(sent.sock, "POST", self._waits) as response:
                response.begin()
                response.allow_body()
                yield str(response.status).encode()
                while part := response.read1(_PART):
                    yield part

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            what = f"gave no whole answer ({type(error).__name__}: {shorten(str(error))})"
            hint = "Check the address, and that the server there runs."
            raise ServiceError(self._address.text, what, hint) from error
