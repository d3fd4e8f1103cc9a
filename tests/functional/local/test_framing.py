"""Requests as bytes, and the status of each: a reader that repaired them would see other requests than a proxy."""

import base64
import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pytest

from pilotlight.local.connection import Limits
from pilotlight.local.functions import Function
from pilotlight.local.gateway import Gateway
from pilotlight.local.server import LocalServer

INFER = b"POST /v2/models/m/infer HTTP/1.1\r\n"
HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /v2 HTTP/1.1\r\n" + HOST
CHUNKED = INFER + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def answer(event: Any, _context: Any) -> Any:
    size = len(base64.b64decode(event["body"] or ""))
    return {"statusCode": 200, "body": json.dumps({"path": event["path"], "bytes": size})}


class Answered(NamedTuple):
    """One response: its status, its headers in lower case, its body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Running(NamedTuple):
    """A server and its log."""

    server: LocalServer
    log: io.StringIO

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.server_address[1]), timeout=10)

    def send(self, content: bytes) -> bytes:
        """Sends bytes, ends the sending side, and returns all that comes back until the connection closes."""
        with self.connect() as client:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            received = b""
            while part := client.recv(65_536):
                received += part
            return received


def parse(received: bytes) -> list[Answered]:
    """The final responses in these bytes; each must have a length."""
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        if status == 100:
            continue
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        size = int(headers["content-length"])
        found.append(Answered(status, headers, received[:size]))
        received = received[size:]
    return found


@contextmanager
def started(limits: Limits = Limits(), most: int = 128) -> Iterator[Running]:  # noqa: B008  (a value)
    log = io.StringIO()
    gateway = Gateway({"m": Function("m", answer)}, Function("catalog", answer), log)
    with LocalServer(gateway, 0, log, limits=limits, most_connections=most) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Running(server, log)
        server.shutdown()
        thread.join()


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with started() as found:
        yield found


REFUSED = {
    "length beside chunks": (INFER + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks beside length": (INFER + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (b"POST /v2 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "no Host": (INFER + b"Content-Length: 2\r\n\r\n{}", 400),
    "two Hosts": (INFER + HOST + b"Host: other\r\nContent-Length: 2\r\n\r\n{}", 400),
    "two equal Hosts": (INFER + HOST + HOST + b"Content-Length: 2\r\n\r\n{}", 400),
    "two Hosts in HTTP/1.0": (b"GET /v2 HTTP/1.0\r\n" + HOST + HOST + b"\r\n", 400),
    "a Host with a path": (b"GET /v2 HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "space before the colon": (INFER + HOST + b"Content-Length : 2\r\n\r\n{}", 400),
    "tab before the colon": (INFER + HOST + b"Content-Length\t: 2\r\n\r\n{}", 400),
    "two lengths": (INFER + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
    "a list of lengths": (INFER + HOST + b"Content-Length: 2, 3\r\n\r\n{} ", 400),
    "a signed length": (INFER + HOST + b"Content-Length: +2\r\n\r\n{}", 400),
    "a negative length": (INFER + HOST + b"Content-Length: -2\r\n\r\n{}", 400),
    "a length in hex": (INFER + HOST + b"Content-Length: 0x2\r\n\r\n{}", 400),
    "a length with an underscore": (INFER + HOST + b"Content-Length: 1_0\r\n\r\n0123456789", 400),
    "an empty length": (INFER + HOST + b"Content-Length:\r\n\r\n", 400),
    "a length of 5,000 digits": (INFER + HOST + b"Content-Length: " + b"1" * 5000 + b"\r\n\r\n", 400),
    "a body that is too large": (INFER + HOST + b"Content-Length: 10485761\r\n\r\n", 413),
    "a body that ends early": (INFER + HOST + b"Content-Length: 5\r\n\r\n{}", 400),
    "another transfer encoding": (INFER + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    "chunked twice": (INFER + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked with a vertical tab": (INFER + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "xchunked": (INFER + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "a chunk size of 0x48": (CHUNKED + b"0x48\r\n" + b"a" * 72 + b"\r\n0\r\n\r\n", 400),
    "a chunk size of +48": (CHUNKED + b"+48\r\n" + b"a" * 72 + b"\r\n0\r\n\r\n", 400),
    "a chunk size of 4_8": (CHUNKED + b"4_8\r\n" + b"a" * 72 + b"\r\n0\r\n\r\n", 400),
    "a negative chunk size": (CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", 400),
    "no chunk size": (CHUNKED + b"\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk size of 5,000 digits": (CHUNKED + b"0" * 5000 + b"2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk size with LF alone": (CHUNKED + b"2\n{}\r\n0\r\n\r\n", 400),
    "chunk data with LF alone": (CHUNKED + b"2\r\n{}\n0\r\n\r\n", 400),
    "the last chunk with LF alone": (CHUNKED + b"2\r\n{}\r\n0\r\n\n", 400),
    "a chunk that is too long": (CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n", 400),
    "a chunk that is too large": (CHUNKED + b"FFFFFFFF\r\n{}", 413),
    "chunks that end early": (CHUNKED + b"2\r\n{}\r\n", 400),
    "a wrong trailer": (CHUNKED + b"2\r\n{}\r\n0\r\nno colon\r\n\r\n", 400),
    "a header without a colon": (GET + b"Canary\r\n\r\n", 400),
    "a header without a name": (GET + b": x\r\n\r\n", 400),
    "a header name with a space": (GET + b"A b: x\r\n\r\n", 400),
    "a header name with a bracket": (GET + b"A(b): x\r\n\r\n", 400),
    "a header name beyond ASCII": (GET + b"\xe4: x\r\n\r\n", 400),
    "a folded header": (GET + b"A: x\r\n y\r\n\r\n", 400),
    "a folded length": (INFER + HOST + b"Content-Length:\r\n 2\r\n\r\n{}", 400),
    "space before the first header": (b"GET /v2 HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "LF alone": (b"GET /v2 HTTP/1.1\nHost: a\n\n", 400),
    "LF alone in one header": (GET + b"A: x\nB: y\r\n\r\n", 400),
    "CR alone": (GET + b"A: x\rB: y\r\n\r\n", 400),
    "CR CR LF": (GET + b"A: x\r\r\n\r\n", 400),
    "NUL in a value": (GET + b"A: x\0y\r\n\r\n", 400),
    "NUL in the path": (b"GET /v2\0 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an escape in a value": (GET + b"A: \x1b[31m\r\n\r\n", 400),
    "an escape in the path": (b"GET /\x1b[31m HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "bytes beyond ASCII in the path": (b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a fragment": (b"GET /v2#x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "two spaces": (b"GET  /v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a tab": (b"GET\t/v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "space after the version": (b"GET /v2 HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /v2\r\n", 400),
    "a version in lower case": (b"GET /v2 http/1.1\r\n" + HOST + b"\r\n", 400),
    "a version of three parts": (b"GET /v2 HTTP/1.1.1\r\n" + HOST + b"\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)), 400),
    "a method that is no token": (b"GE(T /v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path without a slash": (b"GET v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "another scheme": (b"GET file:///v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a broken address": (b"GET http://[/v2 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "CONNECT": (b"CONNECT other:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "two empty lines first": (b"\r\n\r\n" + GET + b"\r\n", 400),
    "a long path": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a large header": (GET + b"A: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    "large headers": (GET + b"".join(b"A%d: %s\r\n" % (n, b"x" * 1000) for n in range(80)) + b"\r\n", 431),
    "many headers": (GET + b"a:\r\n" * 101 + b"\r\n", 431),
    "another expectation": (INFER + HOST + b"Expect: wonders\r\nContent-Length: 2\r\n\r\n{}", 417),
    "a request that ends in its headers": (GET, 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_strict_http_is_refused_and_closes(running: Running, name: str) -> None:
    content, status = REFUSED[name]
    hidden = b"GET /v2/smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
    first, *more = parse(running.send(content + hidden if status != 400 or "ends" not in name else content))
    assert (first.status, first.headers["connection"], more) == (status, "close", [])
    assert first.headers["content-type"] == "application/json"
    assert set(json.loads(first.body)) == {"error"}
    log = running.log.getvalue()
    assert "smuggled" not in log
    assert "\x1b" not in log


def test_a_body_without_a_length_is_no_request_and_stays_out_of_the_log(running: Running) -> None:
    canary = b'{"inputs": "canary-payload \x1b[31m"}\r\n\r\n'
    first, second = parse(running.send(INFER + HOST + b"\r\n" + canary + GET + b"\r\n"))
    assert (first.status, second.status, second.headers["connection"]) == (200, 400, "close")
    assert b"canary" not in second.body
    assert "canary" not in running.log.getvalue()
    assert "a request that is not HTTP 400" in running.log.getvalue()


ACCEPTED = {
    "a length": (INFER + HOST + b"Content-Length: 2\r\n\r\n{}", 2),
    "leading zeros": (INFER + HOST + b"content-length: 0002\r\n\r\n{}", 2),
    "space around a value": (INFER + HOST + b"Content-Length: \t 2 \t\r\n\r\n{}", 2),
    "chunks": (CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 2),
    "a chunk size with zeros and hex": (CHUNKED + b"000A\r\n0123456789\r\n00\r\n\r\n", 10),
    "chunk extensions and trailers": (CHUNKED + b'2;a="b c"\r\n{}\r\n0;x\r\nTrailer: 1\r\n\r\n', 2),
    "Chunked": (INFER + HOST + b"transfer-encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 2),
    "no body": (INFER + HOST + b"\r\n", 0),
    "an empty line first": (b"\r\n" + INFER + HOST + b"Content-Length: 2\r\n\r\n{}", 2),
    "an address as target": (
        b"POST http://host/v2/models/m/infer HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n{}",
        2,
    ),
    "an empty Host": (INFER + b"Host:\r\nContent-Length: 2\r\n\r\n{}", 2),
    "an address of IPv6": (INFER + b"Host: [::1]:8080\r\nContent-Length: 2\r\n\r\n{}", 2),
    "a value beyond ASCII": (INFER + HOST + b"A: \xe4\r\nContent-Length: 2\r\n\r\n{}", 2),
    "HTTP/1.0 without Host": (b"POST /v2/models/m/infer HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", 2),
    "HTTP/1.9": (b"POST /v2/models/m/infer HTTP/1.9\r\n" + HOST + b"Content-Length: 2\r\n\r\n{}", 2),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_strict_http_is_answered(running: Running, name: str) -> None:
    content, size = ACCEPTED[name]
    (found,) = parse(running.send(content))
    assert (found.status, json.loads(found.body)) == (200, {"path": "/v2/models/m/infer", "bytes": size})


@pytest.mark.parametrize("method", [b"BREW", b"TRACE", b"PROPFIND", b"get", b"DELETE", b"M" * 500])
def test_a_method_without_a_route_is_404_in_json_and_stays_open(running: Running, method: bytes) -> None:
    sent = method + b" /v2 HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n{}" + GET + b"\r\n"
    first, second = parse(running.send(sent))
    assert (first.status, second.status) == (404, 200)
    assert "no route" in json.loads(first.body)["error"]


def test_options_of_the_server_is_404(running: Running) -> None:
    (found,) = parse(running.send(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"))
    assert found.status == 404


def test_a_body_is_asked_for_only_where_it_is_read(running: Running) -> None:
    expect = b"Expect: 100-continue\r\n"
    for head, status in (
        (b"POST /v2 HTTP/1.1\r\n" + HOST + expect + b"Content-Length: 2\r\n\r\n", 404),
        (INFER + HOST + expect + b"Content-Length: 10485761\r\n\r\n", 413),
        (INFER + HOST + expect + b"Content-Length: 6000000\r\n\r\n", 413),
        (INFER + HOST + expect + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ):
        with running.connect() as client:
            client.sendall(head)
            assert client.recv(65_536).startswith(b"HTTP/1.1 %d " % status)
    assert running.send(INFER + HOST + expect + b"Content-Length: 0\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert running.send(INFER + HOST + expect + b"Content-Length: 2\r\n\r\n{}").startswith(b"HTTP/1.1 100 Continue\r\n")


def test_requests_may_be_pipelined(running: Running) -> None:
    one = INFER + HOST + b"Content-Length: 2\r\n\r\n{}"
    two = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    found = parse(running.send((one + two) * 50))
    assert [json.loads(each.body)["bytes"] for each in found] == [2, 3] * 50


def test_an_answer_to_head_has_no_body_that_the_next_answer_could_be_taken_for(running: Running) -> None:
    received = running.send(b"HEAD /v2/health/live HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n")
    head, _, rest = received.partition(b"\r\n\r\n")
    assert re.search(rb"Content-Length: [1-9]", head)
    assert [each.status for each in parse(rest)] == [200]


def test_ten_thousand_requests_on_one_connection(running: Running) -> None:
    with running.connect() as client, client.makefile("rb") as stream:
        for number in range(10_000):
            client.sendall(b"GET /v2/%d HTTP/1.1\r\n" % number + HOST + b"\r\n")
            size = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            assert json.loads(stream.read(size))["path"] == f"/v2/{number}"


@pytest.mark.parametrize(
    ("version", "sent", "kept"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: Upgrade, Close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
    ],
)
def test_a_connection_is_kept_as_the_client_asks(running: Running, version: bytes, sent: bytes, *, kept: bool) -> None:
    request = b"GET /v2 HTTP/" + version + b"\r\n" + HOST + sent + b"\r\n"
    found = parse(running.send(request * 2))
    assert [each.headers["connection"] for each in found] == (["keep-alive"] * 2 if kept else ["close"])


def test_a_slow_client_is_ended_and_told_why() -> None:
    with started(Limits(idle=10, head=0.3, body=0.3)) as running:
        for begun in (b"GET /v2 HTT", INFER + HOST + b"Content-Length: 5\r\n\r\n{"):
            with running.connect() as client:
                client.sendall(begun)
                assert client.recv(65_536).startswith(b"HTTP/1.1 408 ")


def test_a_byte_now_and_then_does_not_help_a_slow_client() -> None:
    with started(Limits(head=0.3)) as running, running.connect() as client:
        client.sendall(b"GET /v2 HTTP/1.1\r\n")
        client.settimeout(0.02)
        began = time.monotonic()
        received = b""
        while not received and time.monotonic() < began + 10:
            client.sendall(b"a")
            with suppress(TimeoutError):
                received = client.recv(65_536)
        assert received.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_says_nothing_is_ended() -> None:
    with started(Limits(idle=0.2)) as running, running.connect() as client:
        assert client.recv(10) == b""
        assert running.log.getvalue() == ""


def test_a_client_that_leaves_harms_no_other(running: Running) -> None:
    for _ in range(20):
        with running.connect() as client:
            client.sendall(INFER + HOST + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    assert parse(running.send(GET + b"\r\n"))[0].status == 200
    assert "Traceback" not in running.log.getvalue()


def test_more_clients_than_allowed_close_the_one_that_was_idle_longest() -> None:
    with started(most=3) as running:
        clients = [running.connect() for _ in range(3)]
        try:
            for client in clients:
                client.sendall(GET + b"\r\n")
                assert client.recv(65_536).startswith(b"HTTP/1.1 200")
                wait_until(lambda: not running.server._connections._busy)
            assert parse(running.send(GET + b"\r\n"))[0].status == 200
            assert clients[0].recv(10) == b""
            clients[2].sendall(GET + b"\r\n")
            assert clients[2].recv(65_536).startswith(b"HTTP/1.1 200")
        finally:
            for client in clients:
                client.close()


def test_where_every_client_is_busy_one_more_is_told_to_come_again() -> None:
    with started(Limits(head=30), most=2) as running:
        clients = [running.connect() for _ in range(2)]
        try:
            for client in clients:
                client.sendall(b"GET /v2 ")
            wait_until(lambda: len(running.server._connections._busy) == 2)
            with running.connect() as late:
                received = late.recv(65_536)
            assert received.startswith(b"HTTP/1.1 503 ")
            assert json.loads(received.partition(b"\r\n\r\n")[2])["error"].startswith("too many")
            clients[0].sendall(b"HTTP/1.1\r\n" + HOST + b"\r\n")
            assert clients[0].recv(65_536).startswith(b"HTTP/1.1 200")
        finally:
            for client in clients:
                client.close()


def test_a_request_is_one_line_of_the_log_whatever_its_path_holds(running: Running) -> None:
    before = len(running.log.getvalue())
    running.send(b"GET /v2/%1b%5b31m%0aX?secret HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    running.send(b"GET /v2/" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    wait_until(lambda: running.log.getvalue()[before:].count("\n") == 2)
    first, second = running.log.getvalue()[before:].splitlines()
    assert re.fullmatch(r"GET /v2/%1b%5b31m%0aX 200 [\d.]+ ms", first)
    assert len(second) < 300
