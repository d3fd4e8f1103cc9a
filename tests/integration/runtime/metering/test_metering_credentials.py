"""Who signs the calls of the table: the function's variables, and after a restore from a snapshot Lambda's server."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from boto3.dynamodb.types import TypeSerializer
from support.metered_entry import make_event, make_metered
from support.tenants import NOW, dynamo_environ, make_item, new_key

KEY = new_key()
ANSWER = {"AccessKeyId": "RESTORED", "SecretAccessKey": "S", "Token": "T", "Expiration": "2026-11-26T06:00:00Z"}


class Servers:
    """A table of one tenant that keeps who has signed, and Lambda's server of credentials, on one port."""

    def __init__(self) -> None:
        self.signed: list[tuple[str, str]] = []
        self.url = ""


@pytest.fixture
def servers() -> Iterator[Servers]:
    state = Servers()
    serialize = TypeSerializer().serialize
    item = {name: serialize(value) for name, value in make_item({KEY: {}}, day_limit=100).items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(ANSWER)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            credential = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
            state.signed.append((credential, self.headers.get("X-Amz-Security-Token", "")))
            self._reply({"Item": item} if self.headers["X-Amz-Target"].endswith("GetItem") else {"Attributes": item})

        def _reply(self, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, _code: object = "-", _size: object = "-") -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield state
        http.shutdown()
        thread.join()


def test_the_variables_sign_until_a_restore_and_lambdas_server_afterwards(servers: Servers) -> None:
    environ = {**dynamo_environ(servers.url), "AWS_SESSION_TOKEN": "U"}
    entry = make_metered(environ, io.StringIO(), now=lambda: NOW)
    assert entry(make_event(KEY))["statusCode"] == 200
    environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{servers.url}/credentials"
    assert entry(make_event(KEY))["statusCode"] == 200
    assert servers.signed == [("AKID", "U"), ("AKID", "U"), ("RESTORED", "T")]
    entry.close()


def test_without_credentials_nothing_is_answered(servers: Servers) -> None:
    environ = {**dynamo_environ(servers.url), "AWS_SECRET_ACCESS_KEY": ""}
    entry = make_metered(environ, io.StringIO(), now=lambda: NOW)
    assert entry(make_event(KEY))["statusCode"] == 503
    assert servers.signed == []
    entry.close()
