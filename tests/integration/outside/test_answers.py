"""Hostile answers end `pilotlight invoke` with one error, and none of their data is shown."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import self_signed
from support.fenced_commands import Ended, FencedCommands
from support.hostile.answers import ANSWERS, GOOD, HOSTILE_METADATA, HostileServer, drip, hostile_server, respond
from support.hostile.desk import check_refusal

from pilotlight.core.errors import ServiceError
from pilotlight.local.endpoint import HttpEndpoint
from pilotlight.local.http_exchange import Waits

KEY = "the-secret-key"
SHORT = Waits(silence=0.4, whole=1.0)


def invoke(commands: FencedCommands, url: str, *more: str) -> Ended:
    return commands("invoke", "adder", "--npz", "good.npz", "--url", url, "--api-key", KEY, *more)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_answer_is_refused(commands: FencedCommands, server: HostileServer, name: str) -> None:
    server.answer = ANSWERS[name]
    ended = invoke(commands, server.address)
    assert check_refusal(ended) == []
    assert ended.out == ""
    assert KEY not in ended.err


@pytest.mark.parametrize("name", HOSTILE_METADATA)
def test_hostile_metadata_is_refused(commands: FencedCommands, server: HostileServer, name: str) -> None:
    server.metadata = HOSTILE_METADATA[name]
    ended = invoke(commands, server.address)
    assert check_refusal(ended) == []
    assert ended.out == ""
    assert not any(request.startswith(b"POST") for request in server.requests)


def test_a_sound_answer_is_shown(commands: FencedCommands, server: HostileServer) -> None:
    ended = invoke(commands, server.address)
    assert (ended.code, ended.out) == (0, "y float32 1x2\n  1, 2\n")


def test_raw_prints_json_without_control_characters(commands: FencedCommands, server: HostileServer) -> None:
    server.answer = respond('{"text": "\x9b2J\x7f é"}'.encode())
    ended = invoke(commands, server.address, "--raw")
    assert (ended.code, ended.out) == (0, '{"text": "\\u009b2J\\u007f é"}\n')
    server.answer = respond(b"<title>\x1b[2J</title>")
    assert check_refusal(invoke(commands, server.address, "--raw"), "is not JSON") == []


def test_a_redirect_takes_the_key_nowhere(commands: FencedCommands, server: HostileServer) -> None:
    with hostile_server() as other:
        server.answer = respond(b"", "307 Temporary Redirect", Location=f"{other.address}/v2")
        ended = invoke(commands, server.address)
        assert check_refusal(ended, f"redirects to {other.address}/v2", "not followed") == []
        assert other.requests == []


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (respond(b"", Content_Length="100000"), b"x"),
        (respond(b"", Content_Length="-"), b"x"),
        (respond(b"", Content_Length="-", Transfer_Encoding="chunked"), b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_drips_ends(server: HostileServer, start: bytes, part: bytes) -> None:
    server.answer = drip(start, part)
    began = time.monotonic()
    with pytest.raises(ServiceError, match="no whole answer within 1 seconds"):
        HttpEndpoint(server.address, None, SHORT).send("POST", "/v2", {}, b"{}")
    assert time.monotonic() - began < 5


def test_an_answer_that_stops_ends(server: HostileServer) -> None:
    server.answer = drip(respond(b"", Content_Length="100"), b"x", pause=30)
    with pytest.raises(ServiceError, match=r"gave no answer .*timed out"):
        HttpEndpoint(server.address, None, SHORT).send("POST", "/v2", {}, b"{}")


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[HostileServer]:
    """A server whose certificate nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    with HostileServer() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_certificate_that_nobody_signed_is_refused(commands: FencedCommands, certified: HostileServer) -> None:
    url = certified.address.replace("http://", "https://").replace("127.0.0.1", "localhost")
    assert check_refusal(invoke(commands, url), "certificate verify failed") == []
    assert certified.requests == []


def test_a_server_without_tls_is_refused(commands: FencedCommands, server: HostileServer) -> None:
    server.answer = server.metadata = GOOD
    assert check_refusal(invoke(commands, server.address.replace("http://", "https://")), "SSL") == []
