"""As test_metered_function, with captures on: what is captured is in the captures alone, and there it is encrypted."""

from __future__ import annotations

import json
import os
import time
from binascii import b2a_base64
from pathlib import Path

import pytest
from support.canaries import CANARY
from support.captures import set_capture
from support.leaks import send
from support.private_requests import as_bodies, everywhere_but_in_the_body
from support.streaming_function import AWS, OWN, STREAM, package_streaming
from support.tenants import TENANT, SqliteTable, make_item, new_key
from support.watched_function import watching

from pilotlight_runtime.metering.captures.aes_gcm import open_cipher
from pilotlight_runtime.metering.captures.documents import Exchange, read_document
from pilotlight_runtime.metering.captures.names import parse_name
from pilotlight_runtime.metering.captures.sealing import unseal

pytestmark = pytest.mark.integration

INFER = "/v2/models/tiny/infer"
KEY = new_key()
DATA_KEY = os.urandom(32)


def wait_for(folder: Path, count: int) -> list[Path]:
    """The files of the captures; the last is written after its answer."""
    until = time.monotonic() + 10
    while len(found := [path for path in folder.rglob("*") if path.is_file() and "." not in path.name]) < count:
        assert time.monotonic() < until, len(found)
        time.sleep(0.02)
    return found


def open_all(folder: Path, files: list[Path]) -> list[Exchange]:
    names = [str(path.relative_to(folder)) for path in files]
    assert all(parse_name(name) for name in names)
    cipher = open_cipher()
    contents = [path.read_bytes() for path in files]
    for content in (*contents, "\n".join(names).encode()):
        assert CANARY.find(content) == []
    return [
        read_document(unseal(cipher, DATA_KEY, name, content)) for name, content in zip(names, contents, strict=True)
    ]


@pytest.mark.parametrize("client", [OWN, AWS], ids=["own", "aws"])
def test_what_is_captured_is_nowhere_else(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, client: tuple[str, ...]
) -> None:
    (tmp_path / "function").mkdir()
    package_streaming(tmp_path / "function")
    set_capture(tmp_path / "function", {"share": 1, "days": 1})
    captures = tmp_path_factory.mktemp("captures")
    table = SqliteTable(tmp_path / "tenants.sqlite")
    consent = {"kind": "plain", "key": b2a_base64(DATA_KEY, newline=False).decode(), "since": 0}
    table.put(TENANT, make_item({KEY: {}}, day_limit=10_000, capture=consent))
    good = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}
    events = [*as_bodies(CANARY, INFER, good), *as_bodies(CANARY, STREAM, {"x": CANARY.text})]
    events += everywhere_but_in_the_body(CANARY, INFER, good)
    with watching(tmp_path, client, **table.environ, PILOTLIGHT_CAPTURES=str(captures)) as function:
        for _, event in events:
            if isinstance(event.get("headers"), dict):
                taken = {name.lower() for name in event["headers"]} & {"x-api-key", "authorization"}
                event["headers"] |= {} if taken else {"x-api-key": KEY}
        statuses = [send(function, event, said) for said, event in events]
        charged = function.log.count(b'"message":"charge"')
        files = wait_for(captures, charged)
        assert b"capture lost" not in function.log
    table.close()
    exchanges = open_all(captures, files)
    assert len(exchanges) == charged <= statuses.count(200)
    assert {400, 401, 404} <= set(statuses)
    captured = json.dumps([repr(exchange) for exchange in exchanges])
    assert CANARY.text in captured
    assert KEY not in captured
    assert {exchange.path for exchange in exchanges} == {INFER, STREAM}
