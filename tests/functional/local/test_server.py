import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pilotlight.core.errors import ServiceError
from pilotlight.local.functions import Function
from pilotlight.local.gateway import Gateway
from pilotlight.local.server import LocalServer


def answer(event: Any, _context: Any) -> Any:
    seen = {"method": event["httpMethod"], "headers": event["headers"], "bytes": len(event["body"] or "")}
    headers = {"Content-Type": "application/json", "Content-Length": "9999", "X-Own": "kept"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(seen)}


class Log(io.StringIO):
    """A log that can be waited for: a request's line is written once its answer is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Event()

    def flush(self) -> None:
        super().flush()
        self.flushed.set()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def server(log: Log) -> Iterator[LocalServer]:
    gateway = Gateway({"m": Function("m", answer)}, Function("catalog", answer), log)
    with LocalServer(gateway, 0, log) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def client(server: LocalServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    yield connection
    connection.close()


def test_one_connection_carries_several_requests(client: http.client.HTTPConnection) -> None:
    for _ in range(3):
        client.request("POST", "/v2/models/m/infer", b"{}")
        response = client.getresponse()
        seen = json.loads(response.read())
        assert (response.status, seen["method"], seen["bytes"]) == (200, "POST", 4)
        assert response.getheader("X-Own") == "kept"
        assert response.headers.get_all("Content-Length") != ["9999"]


def test_head_has_the_length_and_no_body(client: http.client.HTTPConnection) -> None:
    client.request("HEAD", "/v2/health/live")
    response = client.getresponse()
    assert int(response.getheader("Content-Length", "0")) > 0
    assert response.read() == b""
    client.request("GET", "/v2/health/live")
    assert client.getresponse().read()


def test_a_chunked_body_is_read(client: http.client.HTTPConnection) -> None:
    client.request("POST", "/v2/models/m/infer", iter([b"ab", b"cd"]), encode_chunked=True)
    assert json.loads(client.getresponse().read())["bytes"] == 8


def test_a_body_over_the_limit_is_413_and_closes(client: http.client.HTTPConnection) -> None:
    client.putrequest("POST", "/v2/models/m/infer")
    client.putheader("Content-Length", str(11 * 1024 * 1024))
    client.endheaders()
    response = client.getresponse()
    assert (response.status, response.getheader("Connection")) == (413, "close")
    assert "10 MB" in json.loads(response.read())["error"]


def test_each_request_is_one_line_without_its_query(client: http.client.HTTPConnection, log: Log) -> None:
    client.request("GET", "/v2?token=secret")
    client.getresponse().read()
    assert log.flushed.wait(30)
    (line,) = log.getvalue().splitlines()
    assert line.startswith("GET /v2 200 ")
    assert line.endswith(" ms")


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: LocalServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as raw:
        raw.sendall(b"POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(b"{}")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")


def test_a_taken_port_is_a_plain_error(server: LocalServer, log: Log) -> None:
    port = server.server_address[1]
    with pytest.raises(ServiceError, match=rf"port {port}: is taken by another program.*another --port"):
        LocalServer(server.gateway, port, log)
