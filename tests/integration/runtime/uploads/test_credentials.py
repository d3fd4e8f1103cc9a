"""The function's credentials, from its environment or from the server that Lambda has after a restore."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pilotlight_runtime.uploads.credentials import Credentials, CredentialSource
from pilotlight_runtime.uploads.failure import TransferFailed

NOW = 1_795_651_200.0
UNTIL = "2026-11-26T06:00:00Z"
"""Six hours after NOW."""
ANSWER = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "token", "Expiration": UNTIL}


class Server:
    """Lambda's server of credentials. asked: the header Authorization of each request."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: tuple[int, bytes] = (200, json.dumps(ANSWER).encode())
        self.uri = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.headers.get("Authorization", ""))
            status, body = state.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, _code: object = "-", _size: object = "-") -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.uri = f"http://127.0.0.1:{http.server_port}/credentials?function=1"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield state
        http.shutdown()
        thread.join()


def restored(server: Server, now: list[float]) -> CredentialSource:
    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.uri,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in",
        "AWS_ACCESS_KEY_ID": "of the time before the snapshot",
        "AWS_SECRET_ACCESS_KEY": "stale",
    }
    return CredentialSource(environ, lambda: now[0])


def test_those_of_the_environment_need_no_request() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    assert CredentialSource(environ).find() == Credentials("ASIA", "secret", "token")


def test_after_a_restore_they_are_asked_for_and_kept_until_shortly_before_their_end(server: Server) -> None:
    now = [NOW]
    source = restored(server, now)
    assert source.find() == source.find() == Credentials("ASIA", "secret", "token")
    assert server.asked == ["let-me-in"]
    now[0] += 6 * 3600 - 200
    assert source.find() == Credentials("ASIA", "secret", "token")
    assert server.asked == ["let-me-in"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (200, b"no JSON"),
        (200, b"{}"),
        (200, b"[]"),
        (200, json.dumps({**ANSWER, "Expiration": 1}).encode()),
    ],
)
def test_what_cannot_be_read_is_an_error_without_secrets(server: Server, answer: tuple[int, bytes]) -> None:
    server.answer = answer
    with pytest.raises(TransferFailed, match="credentials cannot be read") as caught:
        restored(server, [NOW]).find()
    assert "let-me-in" not in str(caught.value)


@pytest.mark.parametrize("environ", [{}, {"AWS_ACCESS_KEY_ID": "ASIA"}])
def test_none_at_all_is_an_error(environ: dict[str, Any]) -> None:
    with pytest.raises(TransferFailed, match="has no credentials"):
        CredentialSource(environ).find()
