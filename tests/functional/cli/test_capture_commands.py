"""`pilotlight tenants capture`, `captures` and `forget`, on a file and on DynamoDB, KMS and S3 as moto plays them."""

from __future__ import annotations

import base64
import io
import time
from binascii import a2b_base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.metering import NOON, REGION, TABLE, create_dynamo_table
from support.sealed_captures import make_exchange, seal_exchange, write_to_folder
from support.service_desk import ServiceDesk

import pilotlight
from pilotlight.metering import SqliteTable

BUCKET = "captures-of-acme"


class Desk(ServiceDesk):
    """A desk beside the captures of a tenant."""

    @property
    def is_file(self) -> bool:
        return self.table != TABLE

    def capture(self, now: float = NOON.timestamp(), **fields: Any) -> str:
        """Writes a capture of the tenant as a function does, and returns its name."""
        (tenant,) = self("tenants", "list", "--json").json["tenants"]
        table = SqliteTable(self.root / "service.sqlite") if self.is_file else create_table_again()
        item = table.read(tenant["id"], "state")
        assert item is not None
        encrypted = a2b_base64(item["capture"]["key"])
        exchange = make_exchange(tenant["id"], now, **fields)
        if self.is_file:
            name, content = seal_exchange(exchange, encrypted, now)
            write_to_folder(self.root / ".pilotlight" / "captures", name, content)
            return name
        context = {"tenant": tenant["id"]}
        key = boto3.client("kms").decrypt(CiphertextBlob=encrypted, EncryptionContext=context)["Plaintext"]
        name, content = seal_exchange(exchange, key, now)
        boto3.client("s3").put_object(Bucket=BUCKET, Key=name, Body=content)
        return name

    def count(self) -> int:
        """How many captures there are."""
        if self.is_file:
            folder = self.root / ".pilotlight" / "captures"
            return len([path for path in folder.rglob("*") if path.is_file()])
        return int(boto3.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"])


def create_table_again() -> Any:
    """The table that moto has already."""
    from pilotlight.aws import DynamoTable

    return DynamoTable(boto3.client("dynamodb", region_name=REGION), TABLE)


@pytest.fixture(params=["sqlite", "dynamodb"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "plans.toml").write_text("[plans.free]\nday = 10\n")
    if request.param == "sqlite":
        made = Desk(tmp_path, "sqlite:service.sqlite")
        assert made("tenants", "create", "acme", "--plan", "free").code == 0
        yield made
        return
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        create_dynamo_table()
        key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        where = {"LocationConstraint": REGION}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        (tmp_path / "pilotlight.toml").write_text(f'[service]\ncaptures = "s3://{BUCKET}"\ncaptures_key = "{key}"\n')
        made = Desk(tmp_path, TABLE)
        assert made("tenants", "create", "acme", "--plan", "free").code == 0
        yield made


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    assert desk("tenants", "capture", "acme", "--on").code == 0
    return desk


def test_from_consent_to_its_end(desk: Desk) -> None:
    ran = desk("tenants", "capture", "acme", "--on")
    assert (ran.code, ran.out) == (0, "Requests of tenant acme may be captured now.\n")
    assert "could be captured already" in desk("tenants", "capture", "acme", "--on").out
    name = desk.capture()
    listed = desk("captures", "--tenant", "acme").out
    assert "digits" in listed
    assert "kanarienvogel" not in listed
    shown = desk("captures", "--tenant", "acme", "--show", name)
    assert shown.code == 0, shown.err
    assert '{"inputs": "kanarienvogel"}' in shown.out
    assert "POST /v2/models/digits/infer" in shown.out
    ran = desk("tenants", "capture", "acme", "--off", "--yes")
    assert "Its data key is destroyed, and 1 captures were deleted" in ran.out
    assert desk.count() == 0
    assert desk("captures", "--tenant", "acme").out == "No captures of tenant acme.\n"
    history = desk("tenants", "history", "acme", "--json").json["history"]
    found = [entry["detail"]["capture"] for entry in history if entry["action"] == "tenants capture"]
    assert sorted(found) == ["off", "on"]  # all of it happened at the same moment


def test_the_json_of_each_command(desk: Desk) -> None:
    on = desk("tenants", "capture", "acme", "--on", "--json").json
    assert on == {"tenant": "acme", "on": True, "changed": True, "deleted": 0}
    name = desk.capture(response=b"\xff")
    (entry,) = desk("captures", "--tenant", "acme", "--json").json["captures"]
    assert (entry["name"], entry["model"], entry["time"], entry["days"]) == (name, "digits", "2026-11-26 12:00:00", 30)
    found = desk("captures", "--tenant", "acme", "--show", name, "--json").json
    assert base64.b64decode(found["request"]) == b'{"inputs": "kanarienvogel"}'
    assert (base64.b64decode(found["response"]), found["status"], found["whole"]) == (b"\xff", 200, True)
    off = desk("tenants", "capture", "acme", "--off", "--yes", "--json").json
    assert off == {"tenant": "acme", "on": False, "changed": True, "deleted": 1}


def test_models_and_days_select(agreed: Desk) -> None:
    name = agreed.capture(model="language")
    agreed.capture()
    for options in (("--model", "language"), ("--model", "language", "--day", "2026-11-26")):
        found = agreed("captures", "--tenant", "acme", *options, "--json").json["captures"]
        assert [entry["name"] for entry in found] == [name]
    assert agreed("captures", "--tenant", "acme", "--day", "2026-11-25", "--json").json["captures"] == []


def test_forget_deletes_captures(agreed: Desk) -> None:
    agreed.capture()
    agreed.capture()
    ran = agreed("forget", "--tenant", "acme", "--yes")
    assert ran.code == 0, ran.err
    assert "Captured requests that were deleted: 2. The key that decrypts them is gone." in ran.out
    assert agreed.count() == 0


def test_no_control_character_of_a_capture_reaches_the_terminal(agreed: Desk) -> None:
    name = agreed.capture(request=b"\x1b[31mred\x07\nline", path="/v2/\x1b]0;title\x07", response=b"\x00\xff")
    ran = agreed("captures", "--tenant", "acme", "--show", name)
    assert ran.code == 0
    assert all(sign.isprintable() or sign == "\n" for sign in ran.out)
    assert "\\x1b[31mred\\x07\nline" in ran.out
    assert "(2 bytes that are no text; --json has them in base64)" in ran.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("tenants", "capture", "nobody", "--on"), "tenant 'nobody'"),
        (("captures", "--tenant", "nobody"), "tenant 'nobody'"),
        (("captures", "--tenant", "acme", "--show", "x"), "capture 'x': is not among those of tenant acme"),
        (("captures", "--tenant", "acme", "--captures", "s3:/x"), "captures: 's3:/x' must be s3://BUCKET"),
    ],
)
def test_what_is_wrong_is_one_error(desk: Desk, argv: tuple[str, ...], said: str) -> None:
    ran = desk(*argv)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_the_end_is_confirmed_and_one_of_both_must_be_said(agreed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed.capture()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert agreed("tenants", "capture", "acme", "--off").code == 1
    assert agreed.count() == 1
    assert agreed("tenants", "capture", "acme").code == 2


def test_without_settings_the_commands_say_where_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "plans.toml").write_text("[plans.free]\nday = 10\n")
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        create_dynamo_table()
        desk = Desk(tmp_path, TABLE)
        assert desk("tenants", "create", "acme", "--plan", "free").code == 0
        assert "Write captures_key" in desk("tenants", "capture", "acme", "--on").err
        assert 'captures = "s3://BUCKET"' in desk("tenants", "capture", "acme", "--off", "--yes").err
        assert 'captures = "s3://BUCKET"' in desk("captures", "--tenant", "acme").err
        assert desk("forget", "--tenant", "acme", "--yes").code == 0  # it was never captured


def test_a_bucket_that_is_not_there_is_named(agreed: Desk) -> None:
    if agreed.is_file:
        return
    for argv in (("captures", "--tenant", "acme"), ("tenants", "capture", "acme", "--off", "--yes")):
        ran = agreed(*argv, "--captures", "s3://another-bucket")
        assert (ran.code, ran.out) == (1, "")
        assert "s3://another-bucket: S3 answered NoSuchBucket" in ran.err


def test_python_does_the_same(agreed: Desk) -> None:
    name = agreed.capture(time.time())
    table = f"sqlite:{agreed.root / 'service.sqlite'}" if agreed.is_file else TABLE
    where = {"table": table, "project": agreed.root}
    (entry,) = pilotlight.captures("acme", model="digits", **where)
    assert entry.name == name
    assert pilotlight.read_capture("acme", name, **where).request == b'{"inputs": "kanarienvogel"}'
    assert pilotlight.capture_tenant("acme", on=True, **where).changed is False
    assert pilotlight.capture_tenant("acme", on=False, **where) == ("acme", False, True, 1)
