"""Reads the HTTP responses of a service: at once in the form that AWS's services send, or else in any form."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pilotlight_runtime.metering.sockets import BoundedSocket

_PIECE: Final = 1 << 16
_LENGTH: Final = b"\r\ncontent-length: "
_CODING: Final = b"\r\ntransfer-encoding:"


def receive(socket: BoundedSocket) -> tuple[int, bytes, bool]:
    """Reads a response.

    Args:
        socket: The connection.

    Returns:
        The status; the body; and whether the connection lasts.

    Raises:
        OSError: The connection ends before the response does.
        ValueError: What comes is no HTTP.
    """
    received = socket.recv(_PIECE)
    head, end, body = received.partition(b"\r\n\r\n")
    head = head.lower()
    status, length = head[9:12], head.partition(_LENGTH)[2].partition(b"\r\n")[0]
    begins = head[:9] == b"http/1.1 " and status.isdigit() and head[12:13] == b" "
    if not (end and begins and length.isdigit()) or _CODING in head:
        return _receive_any(socket, received)
    missing = int(length) - len(body)
    while missing > 0:
        piece = socket.recv(_PIECE)
        if not piece:
            raise ConnectionResetError("the connection has ended within a response")
        body += piece
        missing -= len(piece)
    return int(status), body[: int(length)], not missing and b"\r\nconnection: close" not in head


def _receive_any(socket: BoundedSocket, received: bytes) -> tuple[int, bytes, bool]:
    """Reads a response that has begun, in every form that HTTP/1.1 has. AWS's services send only the usual one."""
    from pilotlight_runtime.lambda_client.connection import Connection, InvalidAnswer

    begun: Any = _Begun(socket, received)
    connection = Connection("table:0", lambda _peer: begun)
    connection.send(b"")
    try:
        answer = connection.receive()
    except InvalidAnswer as error:
        raise ValueError("the reply is no HTTP") from error
    return answer.status, answer.body, False


class _Begun:
    """A socket of which a part has been read already.

    Args:
        socket: The socket.
        received: The part.
    """

    def __init__(self, socket: BoundedSocket, received: bytes) -> None:
        self._socket = socket
        self._received = received

    def recv(self, size: int) -> bytes:
        """See socket.recv."""
        received, self._received = self._received, b""
        return received or self._socket.recv(size)

    def sendall(self, data: bytes) -> None:
        """See socket.sendall."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Leaves the socket to its owner."""
