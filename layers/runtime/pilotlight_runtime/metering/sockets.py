"""Sockets to the table's endpoint, whose every step ends before a given time."""

from __future__ import annotations

from _socket import IPPROTO_TCP, TCP_NODELAY, socket

from pilotlight_runtime.caching import cache
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple

_TLS_1_2: Final = 0x0303
"""The number of the version in the protocol itself."""


class Endpoint(NamedTuple):
    """Where a service answers.

    Attributes:
        host: Its host name or address.
        port: Its port.
        secure: Whether it speaks TLS.
        bundle: The path of the certificates that are trusted; "" for AWS's own roots.
    """

    host: str
    port: int
    secure: bool
    bundle: str = ""

    @property
    def header(self) -> str:
        """The Host header of its requests."""
        usual = self.port == (443 if self.secure else 80)
        return self.host if usual else f"{self.host}:{self.port}"


MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one reply. An item of DynamoDB has 400 KB at most."""
_ENCRYPT: Final = "_wrap_socket"
"""The context's method that `ssl.SSLContext.wrap_socket` calls."""


class _Socket(socket):
    """A socket of which there can be weak references: TLS keeps one."""


class BoundedSocket:
    """A socket whose every step ends in time.

    Args:
        opened: The connected socket.
        left: The seconds that are left; OSError where none are.
        layer: What encrypts, on the socket; None where nothing does.
    """

    def __init__(self, opened: socket, left: Callable[[], float], layer: Any = None) -> None:
        self._socket = opened
        self._left = left
        self._room = MOST_BYTES
        self._read: Callable[[int], bytes] = opened.recv if layer is None else layer.read
        self._write: Callable[[bytes], int] = opened.send if layer is None else layer.write
        self._nothing = BlockingIOError if layer is None else _find_want_read()

    def recv(self, size: int) -> bytes:
        """See socket.recv."""
        self._socket.settimeout(self._left())
        piece = self._read(size)
        self._room -= len(piece)
        if self._room < 0:
            raise OSError("the reply is too large")
        return piece

    def sendall(self, data: bytes) -> None:
        """See socket.sendall."""
        self._room = MOST_BYTES
        while data:
            self._socket.settimeout(self._left())
            data = data[self._write(data) :]

    def is_quiet(self) -> bool:
        """Whether no part of a response has come: after a whole one that is the end of the connection, or no HTTP.

        What TLS itself sends is no part of a response. After a handshake it sends two tickets.
        """
        self._socket.settimeout(0)
        try:
            self._read(1)
        except self._nothing:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """See socket.close."""
        self._socket.close()


def _find_want_read() -> type[OSError]:
    """What reading raises where TLS has nothing to give: `ssl.SSLWantReadError`."""
    from _ssl import SSLWantReadError

    return SSLWantReadError


def parse_endpoint(url: str, bundle: str = "") -> Endpoint:
    """Reads the address of an endpoint.

    Args:
        url: Such as https://dynamodb.eu-central-1.amazonaws.com or http://127.0.0.1:8000.
        bundle: See Endpoint.

    Returns:
        The endpoint.

    Raises:
        ValueError: The address has another form.
    """
    scheme, _, rest = url.rstrip("/").partition("://")
    host, colon, port = rest.partition(":")
    if scheme not in ("http", "https") or not host or "/" in rest or (colon and not port.isdecimal()):
        raise ValueError(f"the endpoint {url!r} must be http:// or https:// with a host and perhaps a port")
    secure = scheme == "https"
    return Endpoint(host, int(port) if colon else (443 if secure else 80), secure, bundle)


def open_bounded(endpoint: Endpoint, left: Callable[[], float]) -> BoundedSocket:
    """Connects to an endpoint.

    Args:
        endpoint: The endpoint.
        left: The seconds that are left; OSError where none are.

    Returns:
        The socket.

    Raises:
        OSError: Nobody listens there, or the certificate is not right, or there was no time.
    """
    opened, layer = _Socket(), None
    try:
        opened.settimeout(left())
        opened.connect((endpoint.host, endpoint.port))
        opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        if endpoint.secure:
            opened.settimeout(left())
            layer = getattr(make_context(endpoint.bundle), _ENCRYPT)(
                opened, server_side=False, server_hostname=endpoint.host
            )
            layer.do_handshake()
    except OSError:
        opened.close()
        raise
    return BoundedSocket(opened, left, layer)


@cache
def make_context(bundle: str) -> Any:
    """Makes what checks certificates and host names, once.

    It is the context that `ssl` builds on. Importing `ssl` takes 10 ms, and its default context 20 ms more, since that
    reads all roots there are.

    Args:
        bundle: See Endpoint.

    Returns:
        The context.

    Raises:
        OSError: The bundle cannot be read.
    """
    from _ssl import CERT_REQUIRED, PROTOCOL_TLS_CLIENT, _SSLContext

    context: Any = _SSLContext(PROTOCOL_TLS_CLIENT)
    context.minimum_version = _TLS_1_2
    context.verify_mode = CERT_REQUIRED
    context.check_hostname = True
    if bundle:
        context.load_verify_locations(bundle)
    else:
        from pilotlight_runtime.metering.amazon_roots import AMAZON_ROOTS

        context.load_verify_locations(None, None, AMAZON_ROOTS)
    return context
