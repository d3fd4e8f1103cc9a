"""One HTTP/1.1 connection to the Runtime API, kept alive, on a raw socket: http.client takes 30 ms to import."""

from __future__ import annotations

from _socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_PEEK, TCP_NODELAY, socket

from pilotlight_runtime.light_typing import Callable, Final

LONGEST_HEAD: Final = 1 << 20
"""Bytes of a response's head. A client context may have 3.6 KB, so more than this is no answer of the Runtime API."""
_PIECE: Final = 1 << 16
_TOO_LONG: Final = "a chunk of the Runtime API's answer is longer than its size says"


Connect = Callable[[tuple[str, int]], socket]
"""Opens a socket to a host and port; OSError where nobody listens there."""


class ConnectionLost(OSError):
    """The other side closed the connection, or the network failed."""


class InvalidAnswer(Exception):
    """The Runtime API answers what is no HTTP. The message says where; it quotes nothing, which may be of an event."""


class Answer:
    """An HTTP response: its status, its headers by lower-case name, its body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Connection:
    """Connects when it is first used, and again after it is lost.

    Args:
        address: Host and port, as AWS_LAMBDA_RUNTIME_API has them.
        connect: Opens a socket to them.
    """

    def __init__(self, address: str, connect: Connect) -> None:
        host, _, port = address.rpartition(":")
        self.host = address.encode("ascii")
        self._peer = (host, int(port))
        self._open = connect
        self._socket: socket | None = None
        self._received = bytearray()
        self._answering = False

    def exchange(self, request: bytes) -> Answer:
        """Sends a request and waits for its response.

        A kept connection may have ended meanwhile: then no byte of a response comes, and the request goes out once
        more on a new connection.

        Raises:
            ConnectionLost: There is no connection, or it ends within the response.
            InvalidAnswer: What comes is no HTTP response.
        """
        if self._socket is not None:
            try:
                return self._exchange(request)
            except ConnectionLost:
                if self._answering:
                    raise
                self.close()
        return self._exchange(request)

    def send(self, data: bytes) -> None:
        """Sends bytes, on a new connection where there is none.

        Raises:
            ConnectionLost: They could not be sent.
        """
        try:
            (self._socket or self._connect()).sendall(data)
        except OSError as error:
            if isinstance(error, ConnectionLost):
                raise
            raise _lost(error) from None

    def receive(self) -> Answer:
        """Reads one response.

        Raises:
            ConnectionLost: The connection ends before the end of the response.
            InvalidAnswer: What comes is no HTTP response.
        """
        head = self._until(b"\r\n\r\n", LONGEST_HEAD, "the head")
        status, headers = _parse_head(head)
        if "chunked" in headers.get("transfer-encoding", ""):
            body = self._chunks()
        else:
            body = self._exactly(_parse_size(headers.get("content-length", "0"), 10, "content-length"))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def renew(self) -> None:
        """Closes a kept connection that the other side has ended, so that what is sent next goes on a new one."""
        if self._socket is None:
            return
        try:
            ended = not self._socket.recv(1, MSG_PEEK | MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            ended = True
        if ended:
            self.close()

    def close(self) -> None:
        """Ends the connection; the next request opens a new one."""
        kept, self._socket = self._socket, None
        if kept is not None:
            try:
                kept.close()
            except OSError:  # the app has closed descriptors that are not its own
                kept.detach()
        self._received.clear()

    def _exchange(self, request: bytes) -> Answer:
        self._answering = bool(self._received)
        try:
            self.send(request)
        except ConnectionLost as error:
            # A refusal may have come before the end of the request, such as of a body that is too large.
            try:
                answer = self.receive()
            except ConnectionLost:
                raise error from None
            self.close()
            return answer
        return self.receive()

    def _connect(self) -> socket:
        opened = self._open(self._peer)
        self._received.clear()
        self._socket = opened
        return opened

    def _read(self, size: int) -> bytes:
        try:
            piece = b"" if self._socket is None else self._socket.recv(size)
        except OSError as error:
            raise _lost(error) from None
        if not piece:
            raise ConnectionLost("the Runtime API closed the connection")
        self._answering = True
        return piece

    def _until(self, end: bytes, most: int, what: str) -> bytes:
        """Takes what has been received up to `end`, without it; at most `most` bytes."""
        received, searched = self._received, 0
        while (at := received.find(end, searched)) < 0:
            if len(received) > most:
                raise InvalidAnswer(f"{what} of the Runtime API's answer is longer than {most} bytes")
            searched = max(0, len(received) - len(end))
            received += self._read(_PIECE)
        found = bytes(received[:at])
        del received[: at + len(end)]
        return found

    def _exactly(self, size: int) -> bytes:
        """Takes so many bytes. They are received in place, so that many small pieces cost no copies."""
        received = self._received
        if len(received) >= size:
            body = bytes(received[:size])
            del received[:size]
            return body
        parts, missing = bytearray(received), size - len(received)
        received.clear()
        while missing:
            piece = self._read(min(missing, 1 << 20))
            parts += piece
            missing -= len(piece)
        return bytes(parts)

    def _chunks(self) -> bytes:
        """The body of a chunked response (RFC 9112, section 7.1); trailers are read and dropped."""
        body = bytearray()
        while True:
            self._take_chunks(body)
            size = _parse_chunk_size(self._line())
            if not size:
                break
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise InvalidAnswer(_TOO_LONG)
        while self._line():
            pass
        return bytes(body)

    def _take_chunks(self, body: bytearray) -> None:
        """Takes the chunks that have been received whole. They may be many: a chunk can be a single byte."""
        received, start, sizes = bytes(self._received), 0, dict[bytes, int]()
        last = len(received) - 2
        while (at := received.find(b"\r\n", start)) >= 0:
            line = received[start:at]
            size = sizes.get(line)
            if size is None:
                size = sizes[line] = _parse_chunk_size(line)
            end = at + 2 + size
            if not size or end > last:
                break
            if received[end] != 13 or received[end + 1] != 10:
                raise InvalidAnswer(_TOO_LONG)
            body += received[at + 2 : end]
            start = end + 2
        del self._received[:start]

    def _line(self) -> bytes:
        return self._until(b"\r\n", LONGEST_HEAD, "a line")


def open_socket(peer: tuple[str, int]) -> socket:
    """Connects to a host and port.

    Raises:
        OSError: Nobody listens there.
    """
    opened = socket()
    try:
        opened.connect(peer)
        opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    except OSError:
        opened.close()
        raise
    return opened


def _lost(error: OSError) -> ConnectionLost:
    return ConnectionLost(f"the connection to the Runtime API failed: {error.strerror}")


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """The status and the headers. Their values are UTF-8, as AWS's client takes them; other bytes are kept apart."""
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest.partition(" ")[0]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit() and len(status) == 3):
        raise InvalidAnswer("the answer of the Runtime API does not begin as HTTP/1 does")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise InvalidAnswer("a header of the Runtime API's answer has no colon")
        headers[name.lower()] = value.strip()
    return int(status), headers


def _parse_chunk_size(line: bytes) -> int:
    return _parse_size(line.decode("latin-1").partition(";")[0], 16, "the size of a chunk")


def _parse_size(text: str, base: int, what: str) -> int:
    text = text.strip()
    digits = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    if not text or len(text) > 15 or text.strip(digits):
        raise InvalidAnswer(f"{what} of the Runtime API's answer is no number")
    return int(text, base)
