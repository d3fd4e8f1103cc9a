"""Replies of a table in each form that HTTP/1.1 has, and in none."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from support.tenants import open_store

from pilotlight_runtime.metering.sockets import MOST_BYTES
from pilotlight_runtime.metering.store import ReplyLost

BODY = b'{"Item":{"schema":{"N":"1"},"name":{"S":"' + b"x" * 100_000 + b'"}}}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (
    *(7, BODY[:7]),
    *(len(BODY) - 7, BODY[7:]),
)


class ScriptedTable:
    """Replies to each request with the same parts, with a pause between them. ends: whether it closes then."""

    def __init__(self, parts: list[bytes], *, ends: bool = False) -> None:
        self.connections = 0
        self._parts = parts
        self._ends = ends
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    while connection.recv(65_536):
                        for part in self._parts:
                            connection.sendall(part)
                            time.sleep(0.01)
                        if self._ends:
                            break


@pytest.fixture
def start() -> Iterator[Callable[..., ScriptedTable]]:
    tables: list[ScriptedTable] = []

    def make(*parts: bytes, ends: bool = False) -> ScriptedTable:
        tables.append(ScriptedTable([*parts], ends=ends))
        return tables[-1]

    yield make
    for table in tables:
        table.close()


@pytest.mark.parametrize(
    ("parts", "connections"),
    [
        ([OK + LENGTH + BODY], 1),
        ([OK + LENGTH.lower() + BODY], 1),
        ([OK + b"Server: a\r\n" + LENGTH, BODY[:5], BODY[5:]], 1),
        ([OK + LENGTH + BODY[:70_000], BODY[70_000:]], 1),
        ([OK + b"Connection: Close\r\n" + LENGTH + BODY], 3),
        ([OK + LENGTH + BODY + b"HTTP/1.1 400"], 3),
        ([OK[:5], OK[5:] + LENGTH[:9], LENGTH[9:] + BODY], 3),
        ([b"HTTP/1.0 200 OK\r\n" + LENGTH + BODY], 3),
        ([OK + LENGTH.replace(b": ", b":") + BODY], 3),
        ([OK + CHUNKED], 3),
        ([OK + CHUNKED[:40], CHUNKED[40:90_000], CHUNKED[90_000:]], 3),
    ],
)
def test_a_reply_is_read_in_each_form(
    start: Callable[..., ScriptedTable], parts: list[bytes], connections: int
) -> None:
    """A connection is kept only after a reply in the form in which DynamoDB sends it, and nothing else."""
    table = start(*parts)
    store = open_store(table.url)
    for _ in range(3):
        item = store.read("Tenant01")
        assert item is not None
        assert len(item["name"]) == 100_000
    store.close()
    assert table.connections == connections


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 ",
        OK,
        OK + LENGTH + BODY[:-1],
        OK + LENGTH.replace(b": ", b": -") + BODY,
        OK + LENGTH.replace(b": ", b": ++") + BODY,
        OK + b"Content-Length: \xb2\r\n\r\n{}",
        b"HTTP/1.1 2x0 OK\r\n" + LENGTH + BODY,
        b"HTTP/1.1 2000 OK\r\n" + LENGTH + BODY,
        b"HTTP/2 200 OK\r\n" + LENGTH + BODY,
        OK + b"Content-Length: 8\r\n\r\n{broken}",
        OK + b"Content-Length: 0\r\n\r\n",
        OK + CHUNKED[:-30],
        OK + CHUNKED.replace(b"\r\n7\r\n", b"\r\n6\r\n"),
        b"\x16\x03\x01" + bytes(200),
    ],
)
def test_a_reply_that_says_nothing_is_lost_and_its_connection_is_not_used_again(
    start: Callable[..., ScriptedTable], reply: bytes
) -> None:
    table = start(*([reply] if reply else []), ends=True)
    store = open_store(table.url)
    for _ in range(2):
        with pytest.raises(ReplyLost):
            store.read("Tenant01")
    store.close()
    assert table.connections == 2


def test_the_reply_to_a_call_that_was_broken_off_is_not_taken_for_the_next_ones() -> None:
    """An app.py may have a timer of its own, whose exception comes at any step."""

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    with socket.create_server(("127.0.0.1", 0)) as listener:
        names = iter((b"first", b"second"))

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while connection.recv(65_536):
                    body = b'{"Item":{"schema":{"N":"1"},"name":{"S":"%b"}}}' % next(names)
                    time.sleep(0.3)
                    connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],)).start()

        thread = threading.Thread(target=accept)
        thread.start()
        store = open_store(f"http://127.0.0.1:{listener.getsockname()[1]}")
        before = signal.signal(signal.SIGALRM, break_off)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                store.read("Tenant01")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        item = store.read("Tenant02")
        store.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert item is not None
    assert item["name"] == "second"


@pytest.mark.timeout(30)
def test_a_reply_without_end_is_given_up(start: Callable[..., ScriptedTable]) -> None:
    """By its size, long before its time is over, so that it does not fill the memory."""
    endless = OK + b"Content-Length: 99999999999999\r\n\r\n" + b" " * (MOST_BYTES + 1)
    store = open_store(start(endless).url, seconds=60.0)
    with pytest.raises(ReplyLost):
        store.read("Tenant01")
    store.close()
