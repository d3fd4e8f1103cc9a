"""Messages between the server and a function's process, over a pair of connected sockets.

A message is a head of 17 bytes, a JSON document and a text:

    kind (1 byte)   size of the document (8 bytes)   size of the text (8 bytes)   document   text

The body of an event or of an answer, up to 6 MB, travels as the text. JSON would read each character of it.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, NamedTuple

_HEAD: Final = struct.Struct("!BQQ")
_NO_TEXT: Final = 2**64 - 1
"""The size of a text that is not there, which is not the same as an empty one."""
_LARGEST: Final = 2**30
"""More than any message has, in bytes. A process whose memory is damaged may send any number."""
_BODY: Final = "body"
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode


class Kind(IntEnum):
    """What a message is."""

    LOAD = 1
    """To the process: the folder of the function."""
    READY = 2
    """From the process: the function is loaded."""
    EVENT = 3
    """To the process: an event, and the id of its request."""
    RESULT = 4
    """From the process: what the handler returned."""
    FAILURE = 5
    """From the process: why the function did not load, or what the handler raised."""
    LOG = 6
    """From the process: what the function printed."""


class Message(NamedTuple):
    """One message.

    Attributes:
        kind: What it is.
        document: A JSON document.
        text: A text beside the document; None where there is none.
    """

    kind: Kind
    document: Any
    text: str | None


class ChannelEnded(Exception):
    """The process at the other end is gone, or has closed its end."""


Remaining = Callable[[], float]
"""Returns the seconds that are left, 0 or below for none."""


class Channel:
    """Sends and receives messages. Several threads may send, one may receive.

    Args:
        connection: One end of a pair of connected sockets.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._head: tuple[int, int, int] | None = None
        self._content: bytearray | None = None
        self._filled = 0

    def send(
        self, kind: Kind, document: Any = None, text: str | None = None, remaining: Remaining | None = None
    ) -> None:
        """Send one message.

        Args:
            kind: What it is.
            document: A JSON document.
            text: A text beside the document.
            remaining: The time that is left. Without it the wait has no end.

        Raises:
            ChannelEnded: The other end is gone.
            TimeoutError: The time is over.
            TypeError, ValueError, RecursionError: JSON cannot express the document.
        """
        content = _ENCODE(document).encode()
        attached = b"" if text is None else text.encode("utf-8", "surrogatepass")
        head = _HEAD.pack(kind, len(content), _NO_TEXT if text is None else len(attached))
        with self._sending:
            self._limit(remaining)
            try:
                self._connection.sendall(b"".join((head, content, attached)))
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelEnded from error

    def receive(self, remaining: Remaining | None = None) -> Message:
        """Wait for the next message.

        Args:
            remaining: The time that is left. Without it the wait has no end.

        Raises:
            ChannelEnded: The other end is gone, or sends something that is no message.
            TimeoutError: The time is over. The next call goes on with the same message.
        """
        if self._head is None:
            self._head = _HEAD.unpack(self._exactly(_HEAD.size, remaining))
        kind, size, attached = self._head
        size_of_text = 0 if attached == _NO_TEXT else attached
        if size + size_of_text > _LARGEST:
            raise ChannelEnded
        content = memoryview(self._exactly(size + size_of_text, remaining))
        self._head = None
        try:
            text = None if attached == _NO_TEXT else str(content[size:], "utf-8", "surrogatepass")
            return Message(Kind(kind), json.loads(bytes(content[:size])), text)
        except ValueError as error:
            raise ChannelEnded from error

    @property
    def ended(self) -> bool:
        """Whether the other end is gone."""
        poller = select.poll()
        poller.register(self._connection, 0)  # poll(2) reports the end of the other side, whatever it is asked for
        return bool(poller.poll(0))

    def _exactly(self, size: int, remaining: Remaining | None) -> bytearray:
        content = self._content = bytearray(size) if self._content is None else self._content
        while self._filled < size:
            self._limit(remaining)
            try:
                received = self._connection.recv_into(memoryview(content)[self._filled :])
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelEnded from error
            if not received:
                raise ChannelEnded
            self._filled += received
        self._content, self._filled = None, 0
        return content

    def _limit(self, remaining: Remaining | None) -> None:
        """Let the next call of the socket end when the time is over."""
        seconds = None if remaining is None else remaining()
        if seconds is not None and seconds <= 0:
            raise TimeoutError
        if seconds != self._connection.gettimeout():
            self._connection.settimeout(seconds)


def detach_body(value: Any) -> tuple[Any, str | None]:
    """Take the body out of an event or an answer, so that it travels as text.

    Returns:
        The value without its body, and the body; the value as it is and None where it has no body that is text.
    """
    if isinstance(value, dict) and isinstance(value.get(_BODY), str):
        return {**value, _BODY: None}, value[_BODY]
    return value, None


def attach_body(document: Any, text: str | None) -> Any:
    """Undo detach_body."""
    if text is not None:
        document[_BODY] = text
    return document
