"""Functions that Lambda restores from a snapshot: no connection, no credentials and no memory of before."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.fault_proxy import FaultProxy
from support.metered_entry import make_event, make_metered
from support.tenants import NOW, TENANT, Table, dynamo_environ, make_item, new_key

from pilotlight_runtime.snapstart import SNAP_START
from pilotlight_runtime.uploads.credentials import URI_VARIABLE

KEY = new_key()
HOUR = 3600


@pytest.fixture
def proxy(moto: Table) -> Iterator[FaultProxy]:
    moto.put(TENANT, make_item({KEY: {}}, day_limit=100))
    made = FaultProxy(int(moto.url.rpartition(":")[2]))
    yield made
    made.close()


@pytest.fixture
def credentials() -> Iterator[list[dict[str, str]]]:
    """The credentials that Lambda's server hands out, one after the other; the last one is its address."""
    given: list[dict[str, str]] = [
        {"AccessKeyId": name, "SecretAccessKey": "secret", "Token": f"token of {name}", "Expiration": until}
        for name, until in (("FIRST", "2026-11-26T06:00:00Z"), ("SECOND", "2026-11-26T12:00:00Z"))
    ]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(given.pop(0)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        given.append({URI_VARIABLE: f"http://127.0.0.1:{server.server_port}/"})
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield given
        server.shutdown()
        thread.join()


def test_a_restored_function_connects_and_signs_anew(proxy: FaultProxy, credentials: list[dict[str, str]]) -> None:
    now = [NOW - 30 * 24 * HOUR]
    environ = dynamo_environ(proxy.url) | credentials.pop() | {"AWS_LAMBDA_INITIALIZATION_TYPE": SNAP_START}
    entry = make_metered(environ, io.StringIO(), now=lambda: now[0])
    assert proxy.connections == 0
    assert len(credentials) == 2
    now[0] = NOW  # the snapshot is restored a month later
    assert entry(make_event(KEY))["statusCode"] == 200
    assert proxy.connections == 1
    assert b"Credential=FIRST/20261126/" in proxy.last_request
    assert b"x-amz-security-token: token of FIRST" in proxy.last_request
    now[0] += 6 * HOUR
    assert entry(make_event(KEY))["statusCode"] == 200
    assert b"Credential=SECOND/20261126/" in proxy.last_request
    entry.close()


def test_a_function_without_credentials_answers_503_and_sends_nothing(
    proxy: FaultProxy, credentials: list[dict[str, str]]
) -> None:
    environ = dynamo_environ(proxy.url) | credentials.pop()
    entry = make_metered(environ, io.StringIO(), now=lambda: NOW)
    credentials[:] = [{"Code": "no credentials"}, *credentials]
    assert entry(make_event(KEY))["statusCode"] == 503
    assert proxy.requests == 0
    assert entry(make_event(KEY))["statusCode"] == 200
    entry.close()
