"""One request and its response over HTTP, with limits on what the server may send and how long it may take."""

from __future__ import annotations

import http.client
import io
import re
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, urlsplit

from pilotlight.core.errors import ServiceError
from pilotlight.core.outside import MEBIBYTE
from pilotlight.core.printable import shorten
from pilotlight.local.gateway import WebResponse

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BODY_BYTES: Final = 64 * MEBIBYTE
"""The most bytes of a response's body. Lambda sends 6 MB."""

_MAX_HEADERS: Final = MEBIBYTE
_PART: Final = MEBIBYTE
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
SAFE: Final = "/:@!$&'()*+,;=-._~%"
"""Characters that stay in a path (RFC 3986), and % for what is quoted already."""


class Waits(NamedTuple):
    """How long to wait for a response.

    Attributes:
        silence: Seconds in which nothing arrives. By default longer than the 29 s that a REST API waits for its
            function, so that its own answer arrives.
        whole: Seconds from the end of the request to the end of the response.
    """

    silence: float = 40.0
    whole: float = 120.0


WAITS: Final = Waits()


class HttpAddress(NamedTuple):
    """The address of an endpoint.

    Attributes:
        text: The address as a person wrote it.
        secure: Whether it is https.
        host: The name or address of the host.
        port: The port; None for the usual one.
        path: The path, without a slash at its end.
    """

    text: str
    secure: bool
    host: str
    port: int | None
    path: str


def parse_address(url: str) -> HttpAddress:
    """Parse the address of an endpoint.

    Raises:
        ServiceError: It is no http or https address, or holds a user and a password.
    """
    shown, hint = shorten(url, 200), "Give --url as https://HOST/STAGE."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ServiceError(shown, f"is not a web address ({error})", hint) from error
    if parts.username is not None or parts.password is not None:
        raise ServiceError("the address in --url", "has a user or a password before its host", hint)
    try:
        host = (parts.hostname or "").encode("idna").decode()
    except UnicodeError as error:
        raise ServiceError(shown, f"is not a web address ({error})", hint) from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise ServiceError(shown, "is not a web address", hint)
    return HttpAddress(shown, parts.scheme == "https", host, port, quote(parts.path.rstrip("/"), safe=SAFE))


def exchange(
    address: HttpAddress, method: str, path: str, headers: Mapping[str, str], body: bytes, waits: Waits
) -> WebResponse:
    """Send one request and read its response, whatever its status.

    Args:
        address: The endpoint.
        method: The method, such as POST.
        path: What is added to the path of the address.
        headers: The headers of the request.
        body: Its body.
        waits: How long to wait.

    Raises:
        ServiceError: There is no response, or it exceeds a limit.
    """
    kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
    connection = kind(address.host, address.port, timeout=waits.silence)
    try:
        connection.request(method, address.path + quote(path, safe=SAFE), body, dict(headers))
        with BoundedResponse(connection.sock, method, waits) as response:
            response.begin()
            response.allow_body()
            return WebResponse(response.status, response.getheaders(), _read_body(response, address.text))
    except (OSError, http.client.HTTPException, ValueError) as error:
        what = f"gave no answer ({type(error).__name__}: {shorten(str(error))})"
        raise ServiceError(address.text, what, "Check the address, and that the server there runs.") from error
    finally:
        connection.close()


def _read_body(response: http.client.HTTPResponse, where: str) -> bytes:
    hint = "Check that the address is a model's endpoint."
    given = response.headers.get_all("Content-Length", [])
    if not response.chunked and any(not _LENGTH.fullmatch(each.strip()) for each in given):
        raise ServiceError(where, f"sent the Content-Length {shorten(given[0], 40)!r}, which is no length", hint)
    if len({each.strip() for each in given}) > 1:
        raise ServiceError(where, "sent several lengths of its answer", hint)
    body = bytearray()
    while part := response.read(_PART):
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise ServiceError(where, f"sent more than {MAX_BODY_BYTES:,} bytes, which is the limit", hint)
    if response.length:
        what = f"ended its answer after {len(body):,} bytes, {response.length:,} before its end"
        raise ServiceError(where, what, "Send the request again.")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("identity", ""):
        what = f"sent an answer with the Content-Encoding {shorten(encoding, 40)!r}, which was not asked for"
        raise ServiceError(where, what, hint)
    return bytes(body)


class BoundedResponse(http.client.HTTPResponse):
    """A response that ends with an OSError where the server sends too much or takes too long.

    Args:
        connected: The socket, after the request was sent.
        method: The method of the request.
        waits: How long to wait.
    """

    def __init__(self, connected: socket.socket, method: str, waits: Waits) -> None:
        super().__init__(connected, method=method)
        self._bounded = _BoundedStream(self.fp, connected, waits)
        self.fp = io.BufferedReader(self._bounded)

    def allow_body(self) -> None:
        """Allow as many bytes as a body may have. Before, only headers may arrive."""
        self._bounded.left += MAX_BODY_BYTES


class _BoundedStream(io.RawIOBase):
    """What arrives at a socket: headers, interim responses and bodies together are bounded in size and time.

    A timeout of the socket alone starts anew with each byte that arrives.
    """

    def __init__(self, stream: io.BufferedReader, connected: socket.socket, waits: Waits) -> None:
        self._stream = stream
        self._socket = connected
        self._waits = waits
        self._end = time.monotonic() + waits.whole
        self.left = _MAX_HEADERS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        remaining = self._end - time.monotonic()
        if self.left <= 0:
            raise OSError("more bytes than the limit")
        if remaining <= 0:
            raise self._too_late()
        self._socket.settimeout(min(self._waits.silence, remaining))
        try:
            count = self._stream.readinto1(buffer)
        except TimeoutError:
            if remaining > self._waits.silence:
                raise
            raise self._too_late() from None
        self.left -= count
        return count

    def _too_late(self) -> TimeoutError:
        return TimeoutError(f"no whole answer within {self._waits.whole:g} seconds")

    def close(self) -> None:
        self._stream.close()
        super().close()
