"""Reads lines and bytes of HTTP messages from a connection, within limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_AT_ONCE: Final = 65_536


class RequestRefused(Exception):
    """The request cannot be read, and the connection must close. The text has nothing of the request.

    Attributes:
        status: The HTTP status of the response.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class ByteReader:
    """What a client sends, in order.

    Args:
        receive: Returns at most as many bytes as it is asked for, and none at the end of the connection.
    """

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._waiting = bytearray()

    def wait_for_data(self) -> bool:
        """Wait for the next byte. Return whether there is one; False at the end of the connection."""
        return bool(self._waiting) or self._fill()

    def line(self, limit: int, too_long: RequestRefused) -> bytes:
        """Return the next line without its end.

        Args:
            limit: The most bytes that the line may have, its end included.
            too_long: Raised where it has more.

        Raises:
            RequestRefused: The line is too long or has no end, or holds CR, LF or NUL beside its end.
        """
        searched = 0
        while (end := self._waiting.find(b"\n", searched)) < 0:
            searched = len(self._waiting)
            if searched >= limit:
                raise too_long
            if not self._fill():
                raise RequestRefused(400, "the request ends in the middle of a line")
        if end >= limit:
            raise too_long
        line = bytes(self._waiting[: end + 1])
        del self._waiting[: end + 1]
        if not line.endswith(b"\r\n"):
            raise RequestRefused(400, "a line does not end with CR LF")
        line = line[:-2]
        if b"\r" in line or b"\0" in line:
            raise RequestRefused(400, "a line holds CR or NUL")
        return line

    def part(self, most: int) -> bytes:
        """Return the next bytes as soon as there is one, at most so many; none at the end of the connection."""
        if not self._waiting:
            return self._receive(most)
        content = bytes(self._waiting[:most])
        del self._waiting[:most]
        return content

    def exactly(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            RequestRefused: The connection ends before.
        """
        content = self._waiting[:size]
        del self._waiting[:size]
        while len(content) < size:
            received = self._receive(min(size - len(content), _AT_ONCE * 4))
            if not received:
                raise RequestRefused(400, f"the body ends after {len(content)} of {size} bytes")
            content += received
        return bytes(content)

    def _fill(self) -> bool:
        received = self._receive(_AT_ONCE)
        self._waiting += received
        return bool(received)
