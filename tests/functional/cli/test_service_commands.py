"""The commands of a service, from plans.toml to the invoice, on a file and on DynamoDB as moto plays it."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.metered_model import Endpoint
from support.metering import NOON, REGION, TABLE, Service, create_dynamo_table
from support.project import Ran

from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.core.table_update import Update
from pilotlight.metering import SqliteTable, end_of_month, read_itemised
from pilotlight.metering.costs import PRICES
from pilotlight.workflows.context import Context
from pilotlight.workflows.usage_log import PATTERN
from pilotlight_runtime.metering.refusals import MeterRefusal
from pilotlight_runtime.metering.tariff import Tariff

PLANS = "[plans.free]\nday = 10\nmonth = 100\n[plans.pro]\nmonth = 1_000_000\n"
MODEL = 'kind = "onnx"\n[units]\nrequests = 1\n[price.2026-11-01]\nrequests = 1500\n'
GROUP = "/pilotlight/dev/models"


@dataclass
class Office:
    """A project whose service is administered, at a time of its own."""

    root: Path
    table: str
    now: datetime = NOON

    def __call__(self, *argv: str) -> Ran:
        """Runs `pilotlight ARGV`."""

        def make_context(cwd: Path, environ: dict[str, str], **more: Any) -> Context:
            return Context(cwd, environ, clock=lambda: self.now, user="ada@desk", **more)

        out, err = io.StringIO(), io.StringIO()
        where = Invocation(self.root, {"PILOTLIGHT_SERVICE_TABLE": self.table}, make_context=make_context)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, where)
        return Ran(code, out.getvalue(), err.getvalue())

    def ok(self, *argv: str) -> Any:
        """Runs `pilotlight ARGV --json`, which must succeed."""
        ran = self(*argv, "--json")
        assert ran.code == 0, ran.err
        return ran.json


def project(root: Path) -> Path:
    (root / "functions" / "digits").mkdir(parents=True)
    (root / "functions" / "digits" / "model.toml").write_text(MODEL)
    (root / "template.yaml").write_text("Resources: {}\n")
    (root / "plans.toml").write_text(PLANS)
    return root


@pytest.fixture(params=["sqlite", "dynamodb"])
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    if request.param == "sqlite":
        yield Office(project(tmp_path), "sqlite:service.sqlite")
        return
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        create_dynamo_table()
        yield Office(project(tmp_path), TABLE)


@pytest.fixture
def local(tmp_path: Path) -> Office:
    return Office(project(tmp_path), "sqlite:service.sqlite")


def test_a_tenant_from_its_creation_to_its_deletion(office: Office) -> None:
    made = office.ok("tenants", "create", "acme", "--plan", "free")
    assert (made["created"], made["state"], made["plan"]) == (True, "active", "free")
    assert office.ok("tenants", "create", "acme", "--plan", "free") == {**made, "created": False}
    key = office.ok("keys", "create", "--tenant", "acme", "--models", "digits", "--expires", "2026-12-31", "--test")
    assert key["secret"].startswith("plk_test_")
    assert (key["models"], key["expires"]) == (["digits"], int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()))
    again = office.ok("keys", "create", "--tenant", "acme", "--models", "digits", "--expires", "2026-12-31", "--test")
    assert (again["created"], again["secret"], again["key"]) == (False, None, key["key"])
    rotated = office.ok("keys", "rotate", "default", "--tenant", "acme", "--grace", "7d")
    assert rotated["old_until"] == int(NOON.timestamp()) + 7 * 86_400
    assert len(office.ok("keys", "list", "--tenant", "acme")["keys"]) == 2
    assert office.ok("keys", "revoke", rotated["secret"])["revoked"] is True
    assert office.ok("keys", "list", "--tenant", "acme")["keys"] == []
    assert office.ok("tenants", "suspend", "acme")["state"] == "suspended"
    assert office.ok("tenants", "resume", "acme")["state"] == "active"
    assert office.ok("tenants", "delete", "acme", "--yes")["state"] == "deleted"
    history = office.ok("tenants", "history", "acme")["history"]
    assert sorted(entry["action"] for entry in history) == sorted(
        [
            *("tenants create", "keys create", "keys rotate", "keys revoke"),
            *("tenants suspend", "tenants resume", "tenants delete"),
        ]
    )
    who = "ada@desk" if office.table.startswith("sqlite:") else "arn:aws:sts::123456789012:user/moto"
    assert {entry["who"] for entry in history} == {who}
    assert rotated["secret"] not in json.dumps(history)


def test_a_secret_alone_goes_to_stdout(office: Office) -> None:
    office.ok("tenants", "create", "acme", "--plan", "free")
    made = office("keys", "create", "--tenant", "acme")
    assert made.out.startswith("plk_live_")
    assert len(made.out.splitlines()) == 1
    assert "Keep it now: it is not shown again." in made.err
    again = office("keys", "create", "--tenant", "acme")
    assert (again.code, again.out) == (0, "")
    assert "was there already" in again.err


def test_plans_are_applied_and_assigned(office: Office) -> None:
    office.ok("tenants", "create", "acme", "--plan", "free")
    (office.root / "plans.toml").write_text(PLANS.replace("day = 10", "day = 20"))
    looked = office.ok("plans", "apply", "--dry-run")
    assert looked == {
        "applied": False,
        "changes": [
            {
                "tenant": "acme",
                "plan": "free",
                "before": {"day": 10, "month": 100},
                "after": {"day": 20, "month": 100},
            }
        ],
    }
    assert office.ok("plans", "apply")["changes"] == looked["changes"]
    assert office.ok("plans", "apply")["changes"] == []
    assert office.ok("plans", "assign", "pro", "--tenant", "acme")["after"] == {"day": None, "month": 1_000_000}
    (tenant,) = office.ok("tenants", "list")["tenants"]
    assert tenant["month"] == {"period": "2026-11", "limit": 1_000_000, "left": 1_000_000}


def test_the_window_of_a_new_day_is_listed_whole(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    local.now = datetime(2026, 12, 1, tzinfo=UTC)
    (tenant,) = local.ok("tenants", "list")["tenants"]
    assert (tenant["day"]["period"], tenant["month"]["period"]) == ("2026-12-01", "2026-12")


def metered(office: Office) -> Endpoint:
    service = Service(SqliteTable(office.root / "service.sqlite"))
    return Endpoint(service, Tariff({"requests": 1}, {"2026-11-01": {"requests": 1_500_000_000}}), "digits")


def test_usage_its_audit_and_the_invoice(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    secret = local.ok("keys", "create", "--tenant", "acme")["secret"]
    endpoint = metered(local)
    for _ in range(3):
        endpoint.answer(secret)
    endpoint.begin(secret).reserve({})
    (local.root / "log").write_text("START\n" + endpoint.log.getvalue())
    rows = local.ok("usage", "--tenant", "acme")["usage"]
    assert [(row["unit"], row["value"]) for row in rows] == [("micro_dollars", 6000), ("requests", 4)]
    assert local("usage", "--month", "2026-11", "--csv").out.splitlines()[2].endswith(",default,digits,requests,4")
    assert local.ok("usage", "--month", "2026-10")["usage"] == []

    audit = local("usage", "--audit", "--log", "log", "--json")
    assert audit.code == 1
    assert (audit.json["settled"], [each["ahead"] for each in audit.json["differences"]]) == (False, [1500, 1])
    early = local("usage", "--audit", "--credit", "--log", "log")
    assert early.code == 1
    assert "is not over for an hour yet" in early.err
    local.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    month = ("usage", "--month", "2026-11", "--audit", "--log", "log")
    assert "run it again with --credit" in local(*month).out
    credited = local.ok(*month, "--credit")["differences"]
    assert [(each["ahead"], each["credited"]) for each in credited] == [(1500, True), (1, True)]
    assert local.ok(*month, "--credit")["differences"] == [], "what was credited is not credited again"
    credits_ = [each for each in local.ok("tenants", "history", "acme")["history"] if each["action"] == "usage credit"]
    assert sorted(each["detail"]["before"] - each["detail"]["after"] for each in credits_) == [1, 1500]
    assert "The counters of 2026-11 are what the log sums up to." in local(*month).out

    assert local.ok("usage", "--archive") == {"archived": {}}, "a day must have passed"
    local.now = datetime(2026, 12, 2, tzinfo=UTC)
    assert local.ok("usage", "--archive") == {"archived": {"acme": ["2026-11"]}}
    assert local.ok("usage", "--archive") == {"archived": {}}
    assert local(*month).code == 0
    (local.root / "pilotlight.toml").write_text('[service]\nseller = ["Lamp Ltd", "1 Wick Street"]\n')
    made = local("invoice", "--tenant", "acme", "--month", "2026-11", "--out", "invoices", "--to", "Acme Inc")
    assert made.code == 0, made.err
    assert "Amount due: $0.00" in made.out
    names = sorted(path.name for path in (local.root / "invoices").iterdir())
    assert names == [f"invoice-2026-11-acme.{ending}" for ending in ("csv", "html", "json")]
    document = json.loads((local.root / "invoices" / names[2]).read_text())
    assert document == local.ok("invoice", "--tenant", "acme", "--month", "2026-11", "--to", "Acme Inc")
    assert (document["total_micro_dollars"], document["seller"]) == (4500, ["Lamp Ltd", "1 Wick Street"])
    assert document["notes"] == []
    pseudonym = local.ok("forget", "--tenant", "acme", "--yes")["pseudonym"]
    again = local("forget", "--tenant", "acme", "--yes")
    assert (again.code, again.out) == (1, "")
    assert "tenant 'acme': is not in" in again.err
    forgotten = local.ok("invoice", "--tenant", pseudonym, "--month", "2026-11")
    assert (forgotten["total_micro_dollars"], forgotten["lines"][0]["label"]) == (4500, "")
    assert "acme" not in json.dumps(forgotten)
    assert json.loads((local.root / "invoices" / names[2]).read_text())["tenant"] == "acme", "invoices stay"


def test_a_log_that_is_not_whole_credits_only_by_force(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    endpoint, secret = metered(local), local.ok("keys", "create", "--tenant", "acme")["secret"]
    endpoint.answer(secret)
    (local.root / "other").write_text("nothing of this service\n")
    local.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    month = ("usage", "--month", "2026-11", "--audit", "--credit", "--log", "other")
    refused = local(*month)
    assert refused.code == 1
    assert "has 0 of the 1 requests of 2026-11, so it is hardly whole; nothing was credited" in refused.err
    assert [row["value"] for row in local.ok("usage", "--month", "2026-11")["usage"]] == [1500, 1]
    assert len(local.ok(*month, "--force")["differences"]) == 2
    assert [row["value"] for row in local.ok("usage", "--month", "2026-11")["usage"]] == [0, 0]


def test_files_of_a_log_may_overlap_and_be_packed(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    endpoint, secret = metered(local), local.ok("keys", "create", "--tenant", "acme")["secret"]
    for _ in range(3):
        endpoint.answer(secret)
    lines = endpoint.log.getvalue().splitlines(keepends=True)
    (local.root / "one.log").write_text("".join(lines[:2]))
    exported = "".join(f"2026-11-26T12:00:00.000Z {line}" for line in lines[1:])
    (local.root / "two.gz").write_bytes(gzip.compress((exported + "x" * 3_000_000 + "\n").encode()))
    audit = local.ok("usage", "--audit", "--log", "one.log", "--log", "two.gz")
    assert audit == {"month": "2026-11", "settled": False, "log": {"read": 3, "repeated": 1}, "differences": []}
    told = local("usage", "--audit", "--log", "one.log", "--log", "two.gz")
    assert "Lines that the log has twice, counted once: 1." in told.out
    (local.root / "cut.gz").write_bytes((local.root / "two.gz").read_bytes()[:-9])
    for name in ("cut.gz", "plain.gz"):
        (local.root / "plain.gz").write_text("no gzip")
        ran = local("usage", "--audit", "--log", name)
        assert (ran.code, ran.out) == (1, "")
        assert f"{name}: is no whole gzip file" in ran.err


def test_the_pattern_selects_the_lines_that_itemise(local: Office) -> None:
    """moto does not evaluate patterns of JSON, so this reads the documented form: equalities, joined by ||."""
    clauses = re.fullmatch(r"\{ (.+) \}", PATTERN)
    assert clauses is not None
    parts = [re.fullmatch(r'\(\$\.message = "([a-z ]+)"\)', part) for part in clauses[1].split(" || ")]
    selected = {part[1] for part in parts if part}
    assert len(selected) == len(parts)
    local.ok("tenants", "create", "acme", "--plan", "free")
    endpoint, secret = metered(local), local.ok("keys", "create", "--tenant", "acme")["secret"]
    for _ in range(5):
        endpoint.answer(secret)  # the fifth one uses half of the day
    endpoint.store.lose = True
    with pytest.raises(MeterRefusal):
        endpoint.answer(secret)
    endpoint.store.lose, endpoint.store.fail = False, True
    tally = endpoint.begin(secret)
    tally.reserve({"rows": 1})
    tally.finish()
    lines = [json.loads(line) for line in endpoint.log.getvalue().splitlines()]
    assert {line["message"] for line in lines} == {*selected, "quota"}
    itemised = [json.dumps(line) for line in lines if line["message"] in selected]
    assert len(list(read_itemised(itemised))) == len(itemised) == 7


def test_hostile_names_of_counters_are_printed_as_text(local: Office) -> None:
    made = local.ok("tenants", "create", "acme", "--plan", "free")
    names = ("[/x]", "[red]", "a\x1b[2J", "=1+1")
    fields = {(f"u#2026-11#k#{name}#rows",): 1 for name in names}
    assert SqliteTable(local.root / "service.sqlite").update(made["id"], "state", Update(set=fields))
    made_key = local.ok("keys", "create", "--tenant", "acme", "--label", "web")["key"]
    table = SqliteTable(local.root / "service.sqlite")
    (digest,) = (table.read(made["id"], "state") or {})["keys"]
    assert table.update(made["id"], "state", Update(set={("keys", digest, "label"): "[/web]"}))
    assert "[/web]" in local("keys", "list", "--tenant", "acme").out
    assert "Key [/web] (" in local("keys", "rotate", made_key, "--tenant", "acme").err
    assert "Key [/web] (" in local("keys", "revoke", made_key, "--tenant", "acme").out
    (local.root / "log").write_text("")
    for argv in (
        ("usage",),
        ("usage", "--audit", "--log", "log"),
        ("invoice", "--tenant", "acme", "--month", "2026-11"),
    ):
        ran = local(*argv)
        assert ran.code == (1 if "--audit" in argv else 0), ran.err
        assert all(name in ran.out for name in ("[/x]", "[red]", "a\\x1b[2J", "=1+1"))
        assert "\x1b" not in ran.out


def test_an_invoice_says_what_is_missing_before_it_is_sent(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    notes = local.ok("invoice", "--tenant", "acme", "--month", "2026-11")["notes"]
    assert [note.partition(":")[0] for note in notes] == [
        "2026-11 is not over, or has been over for less than an hour, and the amounts may grow",
        "The seller is missing",
    ]
    local.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    (local.root / "pilotlight.toml").write_text('[service]\nseller = ["Lamp Ltd"]\n')
    assert local.ok("invoice", "--tenant", "acme", "--month", "2026-11")["notes"] == []


def test_the_state_of_each_secret_is_listed(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    local.ok("keys", "create", "--tenant", "acme", "--expires", "2d")
    local.ok("keys", "rotate", "default", "--tenant", "acme", "--grace", "1h")

    def states() -> list[str]:
        return [key["state"] for key in local.ok("keys", "list", "--tenant", "acme")["keys"]]

    assert states() == ["old secret", "active"]
    local.now += timedelta(hours=1)
    assert states() == ["expired", "active"]
    local.now += timedelta(days=2)
    assert states() == ["expired", "expired"]
    assert "expired" in local("keys", "list", "--tenant", "acme").out


def test_what_is_left_is_told_as_a_share_too(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    endpoint, secret = metered(local), local.ok("keys", "create", "--tenant", "acme")["secret"]
    for _ in range(3):
        endpoint.answer(secret)
    shown = " ".join(local("tenants", "list").out.split())
    assert "7 of 10 97 of 100 70 % 97 %" in shown


def test_the_log_group_is_read_where_no_file_is_given(local: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    local.now = datetime.now(UTC)  # CloudWatch Logs takes no line of another time
    local.ok("tenants", "create", "acme", "--plan", "free")
    secret = local.ok("keys", "create", "--tenant", "acme")["secret"]
    endpoint = metered(local)
    endpoint.service.now = local.now
    endpoint.answer(secret)
    (local.root / "pilotlight.toml").write_text(f'[service]\nlog_group = "{GROUP}"\n')
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        logs = boto3.client("logs", region_name=REGION)
        for group in (GROUP, "/empty"):
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
        now = int(local.now.timestamp() * 1000)
        events: Any = [{"timestamp": now, "message": line} for line in ("START", *endpoint.log.getvalue().splitlines())]
        logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=14)
        audit = local("usage", "--audit", "--json")
        # In this month, then in the next one, when a part of this month is no longer kept.
        early = local("usage", "--audit", "--credit")
        month = f"{local.now:%Y-%m}"
        local.now = end_of_month(month) + timedelta(hours=1)
        forgotten = local("usage", "--audit", "--credit", "--month", month)
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=60)
        kept = local("usage", "--audit", "--credit", "--month", month, "--json")
        empty = local("usage", "--audit", "--log-group", "/empty", "--month", month, "--json")
        missing = local("usage", "--audit", "--log-group", "/other")
    assert (audit.code, audit.json["differences"]) == (0, [])
    assert "is not over for an hour yet" in early.err
    assert f"log group {GROUP}: keeps lines for 14 days, which {month} began before" in forgotten.err
    assert (forgotten.code, kept.code, kept.json["log"]["read"]) == (1, 0, 1)
    assert (empty.code, [each["ahead"] for each in empty.json["differences"]]) == (1, [1500, 1])
    assert (missing.code, missing.out) == (1, "")
    assert "log group /other: CloudWatch Logs answered ResourceNotFoundException" in missing.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("tenants", "create", "acme/../x", "--plan", "free"), "is no valid name"),
        (("tenants", "create", "acme", "--plan", "gold"), "plan 'gold': is not in plans.toml. There: free, pro."),
        (("tenants", "suspend", "acme"), "tenant 'acme': is not in"),
        (("keys", "create", "--tenant", "a" * 10_000), "There: none yet."),
        (("keys", "create", "--tenant", "acme", "--models", "unknown"), "model 'unknown': is not in"),
        (("keys", "create", "--tenant", "acme", "--expires", "tomorrow"), "is no day and no duration"),
        (("keys", "create", "--tenant", "acme", "--expires", "9999-12-31"), "is no day and no duration"),
        (("keys", "create", "--tenant", "acme", "--models", ""), "models: names none. Name one or more"),
        (("keys", "create", "--tenant", "acme", "--models", " , "), "models: names none"),
        (("keys", "create", "--tenant", "acme", "--expires", ""), "expiry '': is no day and no duration"),
        (("keys", "create", "--tenant", "acme", "--expires", "0d"), "expiry '0d': leaves no time"),
        (("tenants", "suspend", "acme\udc80"), "tenant 'acme\\udc80': is not in"),
        (("tenants", "create", "\u202eacme", "--plan", "free"), "tenant '\\u202eacme': is no valid name"),
        (("tenants", "list", "--table", "sqlite:plans.toml"), "file is not a database"),
        (("keys", "rotate", "web", "--tenant", "acme", "--grace", "1y"), "Write it as 90d or 24h."),
        (("usage", "--month", "2026-13"), "month '2026-13': is no month"),
        (("usage", "--audit"), "the log: is not named"),
        (("usage", "--audit", "--log", "missing"), "missing"),
        (("invoice", "--tenant", "acme", "--month", "last"), "is no month"),
        (("plan", "--memory", "64"), "memory_mb: is 64, expected 128 to 10,240."),
        (("plan", "--api", "smtp"), "api 'smtp': is none of rest, http, url."),
        (("plan", "--prices", "missing.toml"), "missing.toml: does not exist"),
    ],
)
def test_what_is_wrong_is_one_paragraph(local: Office, argv: tuple[str, ...], message: str) -> None:
    ran = local(*argv)
    assert (ran.code, ran.out) == (1, "")
    assert message in ran.err
    assert len(ran.err) < 5000


@pytest.mark.parametrize(
    "argv",
    [
        ("usage", "--csv", "--json"),
        ("usage", "--credit"),
        ("usage", "--archive", "--audit"),
        ("usage", "--log", "x"),
        ("usage", "--audit", "--force"),
        ("usage", "--audit", "--csv"),
        ("tenants", "create", "acme"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(local: Office, argv: tuple[str, ...]) -> None:
    assert local(*argv).code == 2


def test_a_deletion_is_asked_for(local: Office) -> None:
    local.ok("tenants", "create", "acme", "--plan", "free")
    assert local("tenants", "delete", "acme").code != 0
    assert local.ok("tenants", "list")["tenants"][0]["state"] == "active"


def test_a_table_of_another_schema_names_what_to_run(local: Office) -> None:
    made = local.ok("tenants", "create", "acme", "--plan", "free")
    table = SqliteTable(local.root / "service.sqlite")
    assert table.update(made["id"], "state", Update(set={("schema",): 2}))
    ran = local("keys", "create", "--tenant", "acme")
    assert (ran.code, ran.out) == (1, "")
    assert "is of schema 2, and this release reads schema 1. Run `pilotlight tenants migrate`" in ran.err
    assert "Update Pilotlight" in local("tenants", "migrate").err
    assert table.update(made["id"], "state", Update(set={("schema",): 1}))
    assert local.ok("tenants", "migrate") == {"migrated": [], "current": ["acme"]}


def test_a_table_that_is_not_there_says_what_aws_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        ran = Office(project(tmp_path), "nothing")("tenants", "list")
    assert ran.code == 1
    assert "table nothing: DynamoDB answered ResourceNotFoundException" in ran.err


def test_what_a_million_requests_cost_is_a_sum_of_lines(local: Office) -> None:
    found = local.ok("plan", "--memory", "1024", "--milliseconds", "100", "--item-bytes", "2500", "--firewall")
    lines = {line["what"]: line["dollars"] for line in found["lines"]}
    assert lines["Lambda, 100,000 GB-seconds"] == pytest.approx(1.66667)
    assert lines["DynamoDB, 3 million write units"] == pytest.approx(3 * 0.625)
    assert lines["API Gateway, REST API"] == 3.5
    assert lines["DynamoDB, 1 million read units"] == 0.125
    monthly = {line["what"] for line in found["lines"] if line["monthly"]}
    assert monthly == {
        *("DynamoDB, 100 tenants and their history", "AWS KMS, the table's key", "Three alarms", "AWS WAF"),
    }
    assert lines["DynamoDB, 100 tenants and their history"] == pytest.approx(100 * 2500 / 1e9 * (0.25 + 0.20))
    assert found["dollars_a_month"] == pytest.approx(sum(lines[what] for what in monthly))
    assert found["dollars_a_million"] == pytest.approx(sum(lines.values()) - found["dollars_a_month"])
    assert "file of 2026-11-26" in found["prices"]
    assert "API Gateway, REST API" in local("plan").out


def test_prices_of_another_day_come_from_a_file(local: Office) -> None:
    text = PRICES.read_text(encoding="utf-8")
    (local.root / "prices.toml").write_text(text.replace("write_units = 0.625", "write_units = 6.25"))
    lines = {line["what"]: line["dollars"] for line in local.ok("plan", "--prices", "prices.toml")["lines"]}
    assert lines["DynamoDB, 1 million write units"] == 6.25
    (local.root / "prices.toml").write_text(text.replace("rest_requests", "soap_requests"))
    assert "million.soap_requests is not a setting" in local("plan", "--prices", "prices.toml").err
