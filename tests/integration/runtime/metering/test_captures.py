"""Captures through the real handler, with table, KMS and S3 at moto, and in a folder.

Who agreed is captured, nobody else; what lies in the bucket cannot be read without the tenant's data key.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY
from support.captures import ALL, BUCKET, INFER, CaptureStack, Function, make_event, run_stack
from support.tenants import TENANT, SqliteTable, Table, make_item, new_key

import pilotlight_runtime
from pilotlight.metering import FolderObjects
from pilotlight_runtime.errors import LoadError, ManifestError
from pilotlight_runtime.metering.captures.aes_gcm import SealBroken, open_cipher
from pilotlight_runtime.metering.captures.documents import MOST_BYTES, read_document
from pilotlight_runtime.metering.captures.names import parse_name
from pilotlight_runtime.metering.captures.sealing import unseal

KEY = new_key()
OTHER_TENANT = "Tenant02"
OTHER_KEY = new_key(OTHER_TENANT)


@pytest.fixture
def stack(moto: Table) -> Iterator[CaptureStack]:
    with run_stack(moto) as made:
        yield made


Start = Callable[..., Function]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts functions, and closes them."""
    with ExitStack() as closing:

        def make(environ: dict[str, str], capture: object = ALL, **options: Any) -> Function:
            made = Function(tmp_path / "function", environ, capture, **options)
            closing.callback(made.close)
            return made

        yield make


@pytest.fixture
def function(stack: CaptureStack, start: Start) -> Function:
    return start(stack.environ)


def test_a_request_of_a_tenant_that_agrees_is_captured_with_its_answer(stack: CaptureStack, function: Function) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, "hello") == 200
    exchange = stack.the_only(item)
    assert json.loads(exchange.request)["inputs"][0]["data"] == ["hello"]
    assert exchange.response == function.answered
    line = next(line for line in function.lines if line.get("message") == "charge")
    assert exchange.request_id == line["request_id"]
    assert (exchange.tenant, exchange.key_id, exchange.model) == (TENANT, "k0", "tiny")
    assert (exchange.method, exchange.path, exchange.status, exchange.whole) == ("POST", INFER, 200, True)
    assert abs(exchange.time - time.time()) < 60
    (name,) = stack.names()
    found = parse_name(name)
    assert found is not None
    assert (found.days, found.tenant, found.model) == (30, TENANT, "tiny")
    assert function.lost == []


def test_bodies_are_captured_as_they_were_sent(stack: CaptureStack, function: Function) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    document = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}
    body = gzip.compress(json.dumps(document).encode())
    assert function.ask(KEY, body=body, content_encoding="gzip", accept_encoding="gzip") == 200
    exchange = stack.the_only(item)
    assert (exchange.request, exchange.response) == (body, function.answered)


def test_what_is_kept_has_nothing_that_can_be_read(stack: CaptureStack, function: Function) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    for _ in range(5):
        assert function.ask(KEY, CANARY.text, x_secret=CANARY.text) == 200
    contents = stack.contents()
    assert len(contents) == 5
    for name, content in contents.items():
        assert not CANARY.find(name.encode() + content)
        exchange = stack.open(name, content, item)
        assert CANARY.text.encode() in exchange.request
        written = repr(exchange)
        assert KEY not in written
        assert "x-secret" not in written.lower()
    assert not CANARY.find(function.log.getvalue().encode())


def test_who_has_not_agreed_is_never_captured(stack: CaptureStack, function: Function) -> None:
    stack.put_tenant(KEY, agrees=False, now=time.time())
    stack.put_tenant(OTHER_KEY, tenant=OTHER_TENANT, agrees=True, now=time.time())
    for _ in range(3):
        assert function.ask(KEY, "mine") == 200
        assert function.ask(OTHER_KEY, "other") == 200
    assert len(stack.names()) == 3
    assert {name.split("/")[2] for name in stack.names()} == {OTHER_TENANT}


@pytest.mark.parametrize("consent", ["on", 1, [], None, {}])
def test_a_consent_of_another_form_is_none_and_costs_no_answer(
    stack: CaptureStack, function: Function, consent: object
) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    stack.table.put(TENANT, {**item, "capture": consent})
    assert function.ask(KEY, "mine") == 200
    assert stack.names() == []


def test_a_consent_that_is_taken_back_holds_for_the_next_answer(stack: CaptureStack, function: Function) -> None:
    """The data key is still in the function's memory then."""
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, "before") == 200
    stack.table.put(TENANT, {name: value for name, value in item.items() if name != "capture"})
    assert function.ask(KEY, "after") == 200
    assert len(stack.names()) == 1
    stack.table.put(TENANT, item)
    assert function.ask(KEY, "again") == 200
    assert len(stack.names()) == 2


def test_without_the_data_key_nobody_reads_a_copy_of_the_objects(stack: CaptureStack, function: Function) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, CANARY.text) == 200
    copies = stack.contents()
    later = stack.put_tenant(KEY, agrees=True, now=time.time())  # as after --off and --on: another key
    for name, content in copies.items():
        with pytest.raises(SealBroken):
            stack.open(name, content, later)


def test_a_data_key_serves_its_own_tenant_alone(stack: CaptureStack, function: Function) -> None:
    """Somebody who may write to the table copies a tenant's encrypted key to another."""
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    stack.put_tenant(OTHER_KEY, tenant=OTHER_TENANT, agrees=False, now=time.time(), capture=item["capture"])
    assert function.ask(OTHER_KEY, "a") == 200
    assert stack.names() == []
    assert function.lost == ["key"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"inputs": []}', 400), (b'{"inputs": [{"name": "x", "datatype": "FP32"}]}', 400)],
)
def test_a_refused_request_is_never_captured(stack: CaptureStack, function: Function, body: bytes, status: int) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, body=body) == status
    assert stack.names() == []


def test_neither_a_quota_that_is_used_up_nor_a_wrong_key_is_captured(stack: CaptureStack, function: Function) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time(), day_limit=2)
    assert [function.ask(KEY, "a") for _ in range(4)] == [200, 200, 429, 429]
    assert function.ask(new_key(), "a") == 401
    assert function.ask(KEY, "a", path="/v2/models/another/infer") == 429
    assert len(stack.names()) == 2


def test_what_is_free_is_not_captured(stack: CaptureStack, function: Function) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    for path in ("/v2", "/v2/models/tiny", "/v1/usage", "/v2/health/ready"):
        assert function.handler(make_event(KEY, b"", path, "GET"), None)["statusCode"] == 200
    assert stack.names() == []


@pytest.mark.parametrize(("size", "captured"), [(MOST_BYTES // 2 - 200, 1), (MOST_BYTES + 1, 0)])
def test_long_bodies_are_not_captured(stack: CaptureStack, function: Function, size: int, captured: int) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, "a" * size) == 200
    assert len(stack.names()) == captured
    assert function.lost == []


def test_a_suspended_tenant_is_not_captured(stack: CaptureStack, function: Function) -> None:
    """It was charged a moment before."""
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    assert function.ask(KEY, "a") == 200
    stack.table.put(TENANT, {**item, "state": "suspended"})
    assert function.ask(KEY, "a") == 403
    assert len(stack.names()) == 1


def test_a_direct_invocation_that_is_charged_is_captured(stack: CaptureStack, start: Start) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start({**stack.environ, "PILOTLIGHT_CHARGE_DIRECT": "on"})
    body = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["direct"]}]}
    event = {"path": INFER, "headers": {"x-api-key": KEY}, "body": body}
    answer = function.handler(event, None)
    assert answer["statusCode"] == 200
    exchange = stack.the_only(item)
    assert json.loads(exchange.request) == body
    assert exchange.response.decode() == answer["body"]


@pytest.mark.parametrize("capture", [None, ALL])
def test_without_both_settings_nothing_is_captured(stack: CaptureStack, start: Start, capture: object) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    environ = {**stack.environ, "PILOTLIGHT_CAPTURES": "" if capture else f"s3://{BUCKET}"}
    function = start(environ, capture)
    assert function.ask(KEY, "a") == 200
    assert stack.names() == []


def test_names_in_the_bucket_begin_with_the_prefix(stack: CaptureStack, start: Start) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start({**stack.environ, "PILOTLIGHT_CAPTURES": f"s3://{BUCKET}/a/b"})
    assert function.ask(KEY, "a") == 200
    (name,) = stack.names()
    assert name.startswith(f"a/b/captures/30/{TENANT}/tiny/")


@pytest.mark.parametrize("location", ["folder", "http://x", "s3://"])
def test_a_wrong_location_stops_the_start(stack: CaptureStack, start: Start, location: str) -> None:
    with pytest.raises(LoadError, match=r"PILOTLIGHT_CAPTURES: .* must be s3://BUCKET"):
        start({**stack.environ, "PILOTLIGHT_CAPTURES": location})


def test_wrong_settings_stop_the_start(stack: CaptureStack, start: Start) -> None:
    with pytest.raises(ManifestError, match="capture must have a share"):
        start(stack.environ, {"share": 2, "days": 30})


# ---- a folder, as `pilotlight serve` has it


@pytest.fixture
def plain(file: SqliteTable, tmp_path: Path) -> dict[str, Any]:
    """The environment of a function whose table is a file. The tenant has a data key there."""
    consent = {"kind": "plain", "key": "A" * 43 + "=", "since": 0}
    file.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=100, capture=consent))
    return {**file.environ, "PILOTLIGHT_CAPTURES": str(tmp_path / "captures")}


def test_captures_in_a_folder(plain: dict[str, str], start: Start, tmp_path: Path) -> None:
    function = start(plain)
    for _ in range(2):
        assert function.ask(KEY, CANARY.text) == 200
    objects = FolderObjects(tmp_path / "captures")
    names = [name for name, _ in objects.list_objects("captures/")]
    assert len(names) == 2
    for name in names:
        content = objects.read(name)
        assert content is not None
        assert not CANARY.find(content)
        exchange = read_document(unseal(open_cipher(), bytes(32), name, content))
        assert CANARY.text.encode() in exchange.request
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "captures").rglob("*")} == {0}


def test_a_folder_forgets_what_is_over_its_days(plain: dict[str, str], start: Start, tmp_path: Path) -> None:
    function = start(plain, {"share": 1, "days": 7})
    assert function.ask(KEY, "a") == 200
    model = tmp_path / "captures" / "captures" / "7" / TENANT / "tiny"
    (today,) = model.iterdir()
    old, recent = model / "2020-01-01", model / "9999-01-01"
    for folder in (old, recent):
        folder.mkdir()
        (folder / "000000-x").touch()
    assert function.ask(KEY, "a") == 200
    assert set(model.iterdir()) == {today, recent}


def test_a_folder_that_cannot_be_written_to_costs_no_answer(
    plain: dict[str, str], start: Start, tmp_path: Path
) -> None:
    (tmp_path / "captures").write_text("a file")
    function = start(plain)
    assert function.ask(KEY, "a") == 200
    assert function.lost == ["store"]
    assert CANARY.text not in function.log.getvalue()


def test_a_data_key_of_kms_is_none_of_a_file(
    file: SqliteTable, plain: dict[str, str], start: Start, tmp_path: Path
) -> None:
    consent = {"kind": "kms", "key": "A" * 43 + "=", "since": 0}
    file.put(TENANT, {**file.get(TENANT), "capture": consent})
    function = start(plain)
    assert function.ask(KEY, "a") == 200
    assert function.lost == ["key"]
    assert not (tmp_path / "captures").exists()


WRITER = """
import itertools, os, sys, time
from pilotlight_runtime.metering.captures.folder import CaptureFolder
from pilotlight_runtime.metering.captures.names import make_name
folder = CaptureFolder(sys.argv[1], time.time)
for number in itertools.count():
    folder.write(make_name(30, "Tenant01", "tiny", time.time(), os.urandom), bytes([number % 256]) * 3_000_000)
    os.write(1, b".")
"""


def test_a_process_that_is_killed_leaves_whole_captures_alone(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(pilotlight_runtime.__file__).parents[1])}
    for attempt in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, env=environ) as process:
            assert process.stdout is not None
            assert process.stdout.read(2)
            time.sleep(0.0007 * attempt)
            process.kill()
    captures = [path for path in tmp_path.rglob("*") if parse_name(str(path.relative_to(tmp_path)))]
    assert len(captures) >= 24
    for path in captures:
        content = path.read_bytes()
        assert content == content[:1] * 3_000_000
