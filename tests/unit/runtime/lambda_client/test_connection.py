"""HTTP as the client reads it, from one end of a pair of sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotlight_runtime.lambda_client.connection import Connection, ConnectionLost, InvalidAnswer, open_socket

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """The other side of each connection that is opened, in order: it says these bytes, then closes."""

    def __init__(self, *sayings: bytes, stays: bool = False) -> None:
        self._sayings = iter(sayings)
        self._stays = stays
        self.opened: list[socket.socket] = []
        self.ends: list[socket.socket] = []

    def connect(self, peer: tuple[str, int]) -> socket.socket:
        assert peer == ("host", 1)
        mine, other = socket.socketpair()
        self.opened.append(mine)
        self.ends.append(other)
        other.sendall(next(self._sayings))
        if not self._stays:
            other.shutdown(socket.SHUT_WR)
        return mine

    def close(self) -> None:
        for each in (*self.opened, *self.ends):
            each.close()


@pytest.fixture
def closing() -> Iterator[list[Peer]]:
    peers: list[Peer] = []
    yield peers
    for peer in peers:
        peer.close()


def exchange(said: bytes) -> tuple[int, dict[str, str], bytes]:
    peer = Peer(said)
    try:
        answer = Connection("host:1", peer.connect).exchange(REQUEST)
    finally:
        peer.close()
    return answer.status, answer.headers, answer.body


def chunked(parts: list[bytes], sizes: str = "%x") -> bytes:
    written = b"".join((sizes % len(part)).encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + written + b"0\r\n\r\n"


def test_status_headers_and_body() -> None:
    said = "HTTP/1.1 202 Accepted\r\nA: b\r\nContent-Type:  é 😀 \r\ncontent-length: 3\r\n\r\nabc".encode()
    assert exchange(said) == (202, {"a": "b", "content-type": "é 😀", "content-length": "3"}, b"abc")


def test_a_header_that_is_no_utf8_keeps_its_bytes() -> None:
    _, headers, _ = exchange(b"HTTP/1.1 200 OK\r\nA: \xff\r\n\r\n")
    assert headers["a"].encode("utf-8", "surrogateescape") == b"\xff"


@settings(deadline=None)
@given(
    parts=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    sizes=st.sampled_from(["%x", "%X", "%04x;name=value"]),
)
def test_chunks_are_put_together(parts: list[bytes], sizes: str) -> None:
    assert exchange(chunked(parts, sizes))[2] == b"".join(parts)


def test_trailers_are_read_and_dropped(closing: list[Peer]) -> None:
    body = b"2\r\n{}\r\n0\r\nA: b\r\nC: d\r\n\r\n"
    peer = Peer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + OK)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    assert connection.exchange(REQUEST).body == b"{}"
    assert connection.exchange(REQUEST).body == b"{}"
    assert len(peer.opened) == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_pieces_may_end_anywhere(cuts: list[int]) -> None:
    """What is received at a time does not matter: it is read from a socket that gives few bytes at once."""
    said = chunked([b"first\r\n0\r\n", b"x" * 300, b"y"])

    class Slow:
        """A socket that receives as many bytes as the next number says."""

        def __init__(self) -> None:
            self.at = self.turn = 0

        def sendall(self, data: bytes) -> None:
            assert data == REQUEST

        def recv(self, size: int) -> bytes:
            count = min(size, cuts[self.turn % len(cuts)])
            self.turn += 1
            piece = said[self.at : self.at + count]
            self.at += len(piece)
            return piece

    connection = Connection("host:1", lambda _peer: Slow())  # type: ignore[arg-type, return-value]
    assert connection.exchange(REQUEST).body == b"first\r\n0\r\n" + b"x" * 300 + b"y"


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.builds(lambda cut, tail: OK[:cut] + tail, st.integers(0, 60), st.binary(max_size=40))
)
def test_whatever_comes_is_an_answer_or_a_named_failure(said: bytes) -> None:
    with suppress(ConnectionLost, InvalidAnswer):
        status, _, _ = exchange(said)
        assert 0 <= status <= 999


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/2 200\r\n\r\n", "does not begin as HTTP/1 does"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "does not begin as HTTP/1 does"),
        ("HTTP/1.1 \uff12\uff10\uff10 OK\r\n\r\n".encode(), "does not begin as HTTP/1 does"),
        (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "has no colon"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "content-length of the Runtime API's answer is no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n", "content-length of the Runtime API's answer is no number"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n",
            "content-length of the Runtime API's answer is no number",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "the size of a chunk of the Runtime API's answer is no number",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n",
            "the size of a chunk of the Runtime API's answer is no number",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "the size of a chunk of the Runtime API's answer is no number",
        ),
        (chunked([b"xyz"]).replace(b"3\r", b"2\r"), "is longer than its size says"),
    ],
)
def test_a_failure_says_where(said: bytes, words: str) -> None:
    with pytest.raises(InvalidAnswer, match=words):
        exchange(said)


def test_a_head_without_an_end_is_given_up() -> None:
    class Endless:
        """A socket that sends headers for ever."""

        def sendall(self, data: bytes) -> None: ...

        def recv(self, size: int) -> bytes:
            return b"a" * size

    connection = Connection("host:1", lambda _peer: Endless())  # type: ignore[arg-type, return-value]
    with pytest.raises(InvalidAnswer, match="the head of the Runtime API's answer is longer than 1048576 bytes"):
        connection.exchange(REQUEST)


def test_a_kept_connection_that_has_ended_is_opened_again(closing: list[Peer]) -> None:
    peer = Peer(OK, OK)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    assert [connection.exchange(REQUEST).status for _ in range(2)] == [200, 200]
    assert [end.recv(1000) for end in peer.ends] == [REQUEST * 2, REQUEST]


def test_a_connection_that_ends_within_a_response_is_not_tried_again(closing: list[Peer]) -> None:
    peer = Peer(OK + b"HTTP/1.1 2", OK)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    connection.exchange(REQUEST)
    with pytest.raises(ConnectionLost, match="the Runtime API closed the connection"):
        connection.exchange(REQUEST)
    assert len(peer.opened) == 1


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_a_connection_that_ends_within_a_body_is_not_tried_again(cut: bytes, closing: list[Peer]) -> None:
    """A second `next` would lose the event whose body broke off."""
    peer = Peer(OK + cut, OK)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    connection.exchange(REQUEST)
    with pytest.raises(ConnectionLost, match="the Runtime API closed the connection"):
        connection.exchange(REQUEST)
    assert len(peer.opened) == 1


def test_a_first_connection_is_not_tried_again(closing: list[Peer]) -> None:
    peer = Peer(b"", OK)
    closing.append(peer)
    with pytest.raises(ConnectionLost):
        Connection("host:1", peer.connect).exchange(REQUEST)
    assert len(peer.opened) == 1


def test_the_other_side_may_end_the_connection(closing: list[Peer]) -> None:
    peer = Peer(OK.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n"), OK)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    assert [connection.exchange(REQUEST).status for _ in range(2)] == [200, 200]
    assert [end.recv(1000) for end in peer.ends] == [REQUEST, REQUEST]


def test_a_refusal_that_comes_before_the_end_of_a_request_is_heard() -> None:
    """Such as that of a body that is too large: the other side has answered, and reads no more."""

    class Refusing:
        """A socket that takes no more, and has an answer."""

        def sendall(self, _data: bytes) -> None:
            raise BrokenPipeError(32, "Broken pipe")

        def recv(self, size: int) -> bytes:
            return OK.replace(b"200", b"413")[:size]

        def close(self) -> None: ...

    connection = Connection("host:1", lambda _peer: Refusing())  # type: ignore[arg-type, return-value]
    assert connection.exchange(REQUEST).status == 413


def test_a_socket_that_the_app_has_closed_is_opened_again(closing: list[Peer]) -> None:
    peer = Peer(OK, OK, stays=True)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    connection.exchange(REQUEST)
    os.close(peer.opened[0].fileno())
    assert connection.exchange(REQUEST).status == 200
    assert len(peer.opened) == 2


def test_a_failure_to_connect_is_named() -> None:
    def refuse(_peer: tuple[str, int]) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(ConnectionLost, match="the connection to the Runtime API failed: Connection refused"):
        Connection("host:1", refuse).exchange(REQUEST)


@pytest.mark.parametrize(("stays", "opened"), [(False, 2), (True, 1)], ids=["ended", "alive"])
def test_a_kept_connection_is_renewed_where_it_has_ended(
    stays: bool,  # noqa: FBT001  (a row of the table)
    opened: int,
    closing: list[Peer],
) -> None:
    peer = Peer(OK, OK, stays=stays)
    closing.append(peer)
    connection = Connection("host:1", peer.connect)
    connection.renew()
    connection.exchange(REQUEST)
    connection.renew()
    connection.send(REQUEST)
    assert len(peer.opened) == opened


def test_a_connection_that_was_reset_is_renewed() -> None:
    class Reset:
        """A socket whose other side has reset the connection after an answer."""

        def sendall(self, data: bytes) -> None: ...

        def recv(self, size: int, flags: int = 0) -> bytes:
            if flags:
                raise ConnectionResetError(104, "Connection reset by peer")
            return OK[:size]

        def close(self) -> None: ...

    opened: list[Any] = []

    def connect(_peer: tuple[str, int]) -> Any:
        opened.append(Reset())
        return opened[-1]

    connection = Connection("host:1", connect)
    connection.exchange(REQUEST)
    connection.renew()
    connection.send(REQUEST)
    assert len(opened) == 2


def test_a_socket_is_opened_without_delay_and_closed_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        peer = listening.getsockname()
        opened = open_socket(peer)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        opened.close()
    with pytest.raises(ConnectionRefusedError):
        open_socket(peer)
