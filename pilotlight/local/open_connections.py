"""The connections that are open at one time: at most so many, and the one that has been idle longest gives way."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final

MOST_CONNECTIONS: Final = 128
"""More than the clients on one machine need. Each has a thread."""


class OpenConnections:
    """Counts connections, and closes idle ones where there are too many.

    Args:
        most: How many may be open.
    """

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self._most = most
        self._changing = threading.Lock()
        self._idle: dict[socket.socket, None] = {}
        self._busy: set[socket.socket] = set()

    def admit(self, client: socket.socket) -> bool:
        """Add a connection. Where there are too many, the one that has been idle longest is closed.

        Returns:
            Whether there is room: False where none of the others is idle.
        """
        with self._changing:
            if len(self._idle) + len(self._busy) >= self._most:
                oldest = next(iter(self._idle), None)
                if oldest is None:
                    return False
                del self._idle[oldest]
                _shut_down(oldest)
            self._idle[client] = None
            return True

    def set_idle(self, client: socket.socket) -> None:
        """Note that the connection waits for its next request."""
        with self._changing:
            self._busy.discard(client)
            self._idle[client] = None

    def set_busy(self, client: socket.socket) -> None:
        """Note that the connection has begun a request."""
        with self._changing:
            self._idle.pop(client, None)
            self._busy.add(client)

    def remove(self, client: socket.socket) -> None:
        """Forget a connection that ends."""
        with self._changing:
            self._idle.pop(client, None)
            self._busy.discard(client)

    def are_none(self) -> bool:
        """Return whether every connection has ended."""
        with self._changing:
            return not self._idle and not self._busy

    def shut_down(self) -> None:
        """End every connection."""
        with self._changing:
            for client in (*self._idle, *self._busy):
                _shut_down(client)


def _shut_down(client: socket.socket) -> None:
    """Wake the thread that waits for this connection: it sees the end of the connection, and closes it."""
    with suppress(OSError):  # the client has ended it
        client.shutdown(socket.SHUT_RDWR)
