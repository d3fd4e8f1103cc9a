"""As test_tensor_function, with Service=on: keys too are in no log and no file, and the table has only their hashes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY, Canary
from support.language_functions import package_writer
from support.leaks import look, send
from support.private_requests import as_bodies, everywhere_but_in_the_body, rest
from support.streaming_function import STREAM, package_streaming
from support.tenants import TENANT, SqliteTable, make_item, new_key
from support.watched_function import WatchedFunction, watching

from pilotlight_runtime.metering.keys import ID_LENGTH, SECRET_LENGTH, hash_key

pytestmark = pytest.mark.integration

INFER, CHAT = "/v2/models/tiny/infer", "/tiny/v1/chat/completions"
KEY = new_key()
_SECRET = len("plk_live_") + ID_LENGTH
ISSUED = Canary(KEY[_SECRET : _SECRET + SECRET_LENGTH], CANARY.number)
"""The secret part of a key that holds."""


@pytest.fixture
def function(tmp_path: Path) -> Iterator[WatchedFunction]:
    (tmp_path / "function").mkdir()
    package_streaming(tmp_path / "function")
    table = SqliteTable(tmp_path / "tenants.sqlite")
    table.put(TENANT, make_item({KEY: {}}, day_limit=10_000))
    with watching(tmp_path, **table.environ) as found:
        yield found
    table.close()


def with_key(event: Any, key: str = KEY) -> Any:
    """The event with a key, where it has headers and none yet."""
    if not isinstance(event.get("headers"), dict):
        return event
    taken = {name.lower() for name in event["headers"]} & {"x-api-key", "authorization"}
    return event if taken else {**event, "headers": {**event["headers"], "x-api-key": key}}


def test_neither_request_nor_key_is_left_in_the_table_or_elsewhere(function: WatchedFunction) -> None:
    good = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}
    events = [*as_bodies(CANARY, INFER, good), *everywhere_but_in_the_body(CANARY, INFER, good)]
    events += as_bodies(CANARY, STREAM, {"x": CANARY.text})
    events += [("failure", rest(STREAM, {"x": f"{CANARY.text} fail {CANARY.text}"}))]
    statuses = {send(function, with_key(event), said, ISSUED) for said, event in events}
    assert {200, 400, 401, 404, 405, 413} <= statuses
    assert b'"message":"charge"' in function.log
    assert hash_key(KEY).encode() in (function.root / "tenants.sqlite").read_bytes() + wal(function)


def wal(function: WatchedFunction) -> bytes:
    """What SQLite has not yet moved into the table's file."""
    file = function.root / "tenants.sqlite-wal"
    return file.read_bytes() if file.exists() else b""


def test_keys_that_are_refused_are_left_nowhere(function: WatchedFunction) -> None:
    document = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["a"]}]}
    unknown = new_key()
    secret = Canary(unknown[_SECRET : _SECRET + SECRET_LENGTH], CANARY.number)
    events = [
        rest(INFER, document, x_api_key=unknown),
        rest(INFER, document, Authorization=f"Bearer {unknown}"),
        rest(INFER, document, x_api_key=unknown[:-1]),
        rest(INFER, document, x_api_key=unknown, Authorization=f"Bearer {KEY}"),
        rest(INFER, document, x_api_key=new_key("Nobody00").replace("Nobody00", CANARY.text[:ID_LENGTH])),
        rest(f"{INFER}/{unknown}", document, x_api_key=KEY),
        rest(INFER, document, query=unknown, x_api_key=KEY),
        rest("/v1/usage", query=unknown, x_api_key=KEY),
    ]
    for event in events:
        assert send(function, event, json.dumps(event), secret, ISSUED) == 401
    assert send(function, rest("/v1/usage", x_api_key=KEY), "usage", secret, ISSUED) == 200
    assert send(function, rest(INFER, document, x_api_key=KEY), "a key that holds", secret, ISSUED) == 200


def test_a_time_out_leaves_no_key(function: WatchedFunction) -> None:
    event = with_key(rest(STREAM, {"x": f"{CANARY.text} wait60"}))
    assert function.call(event, timeout=1.5) is None
    look(function, "a time-out", ISSUED)


def test_a_metered_writer_leaves_neither_prompt_nor_key(tmp_path: Path) -> None:
    package_writer(tmp_path / "function")
    table = SqliteTable(tmp_path / "tenants.sqlite")
    table.put(TENANT, make_item({KEY: {}}, day_limit=100_000))
    chat = {"model": "tiny", "max_tokens": 4, "messages": [{"role": "user", "content": CANARY.text}]}
    events = [*as_bodies(CANARY, CHAT, chat), *as_bodies(CANARY, CHAT, {**chat, "stream": True})]
    events += everywhere_but_in_the_body(CANARY, CHAT, chat)
    with watching(tmp_path, **table.environ) as function:
        statuses = {send(function, with_key(event), said, ISSUED) for said, event in events}
        function.leave(with_key(rest(CHAT, {**chat, "stream": True, "max_tokens": 150})))
        function.wait_for_lines(len(events) // 2)
        look(function, "a caller that leaves", ISSUED)
    table.close()
    assert {200, 400, 401, 404, 405, 413} <= statuses
    assert b'"tokens_in"' in function.log
