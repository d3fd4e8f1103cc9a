"""Usage, its audit against the lines that the runtime writes, and invoices that another program recomputes."""

from __future__ import annotations

import base64
import contextlib
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from support.metered_model import Endpoint
from support.metering import Service, sqlite_service

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Update
from pilotlight.core.tariff_config import load_tariff
from pilotlight.metering import (
    ItemisedLog,
    KeySpec,
    Plan,
    Table,
    archive_usage,
    build_invoice,
    create_key,
    create_tenant,
    credit,
    find_differences,
    find_tenant,
    format_cents,
    format_micro_dollars,
    list_tenants,
    list_usage,
    read_audit_trail,
    read_itemised,
    require_whole_log,
    revoke_key,
    rotate_key,
    with_archives,
    write_invoice_csv,
    write_invoice_html,
    write_invoice_json,
    write_usage_csv,
)
from pilotlight_runtime.metering.refusals import MeterRefusal
from pilotlight_runtime.metering.tariff import Tariff

PRICES = """
[units]
requests = 1

[price.2026-11-01]
tokens_in = 0.15
tokens_out = "0.6"

[price.2026-11-16]
requests = 12.5
tokens_in = 0.2
tokens_out = 0.333333
"""
LINE = '{"message": "charge", "tenant": "a", "key_id": "b", "model": "c", "month": "2026-11"'
RECOMPUTE = Path(__file__).parents[2] / "support" / "recompute_invoice.py"


@pytest.fixture
def model_toml(tmp_path: Path) -> Path:
    (tmp_path / "model.toml").write_text(f'kind = "onnx"\n{PRICES}')
    return tmp_path / "model.toml"


@pytest.fixture
def endpoint(tmp_path: Path, model_toml: Path) -> Endpoint:
    service = sqlite_service(tmp_path)
    create_tenant(service.administration, "acme", Plan("pro", {}))
    tariff = load_tariff(model_toml)
    assert tariff is not None
    return Endpoint(service, tariff)


@pytest.fixture
def secret(endpoint: Endpoint) -> str:
    return create_key(endpoint.service.administration, "acme", KeySpec("web")).secret


def counted(service: Service) -> Mapping[tuple[str, str], int]:
    return {(row.month, row.unit): row.value for row in list_usage(list_tenants(service.table))}


class Stopping:
    """A table where a first step is done and a second one is not."""

    def __init__(self, table: Table) -> None:
        self.location = table.location
        self.read, self.list_items, self.create = table.read, table.list_items, table.create

    def update(self, _pk: str, _sk: str, _change: Update) -> bool:
        return False


def test_usage_is_listed_by_key_model_and_month(endpoint: Endpoint, secret: str) -> None:
    endpoint.answer(secret, tokens_in=10)
    endpoint.service.now = datetime(2026, 12, 1, tzinfo=UTC)
    endpoint.answer(secret, tokens_in=5)
    assert counted(endpoint.service) == {
        ("2026-11", "requests"): 1,
        ("2026-11", "tokens_in"): 10,
        ("2026-11", "micro_dollars"): 15,  # 12.5 + 10 x 0.2, rounded up
        ("2026-12", "requests"): 1,
        ("2026-12", "tokens_in"): 5,
        ("2026-12", "micro_dollars"): 14,
    }
    tenants = list_tenants(endpoint.service.table)
    key = tenants[0].keys[0].id
    text = write_usage_csv(list_usage(tenants, "2026-12"))
    assert text.splitlines() == [
        "tenant,month,key,label,model,unit,value",
        f"acme,2026-12,{key},web,chat,micro_dollars,14",
        f"acme,2026-12,{key},web,chat,requests,1",
        f"acme,2026-12,{key},web,chat,tokens_in,5",
    ]


def test_counters_that_agree_with_the_log_have_no_difference(endpoint: Endpoint, secret: str) -> None:
    for number in range(20):
        endpoint.answer(secret, tokens_in=number, tokens_out=3 * number)
    reserved = endpoint.begin(secret, tokens_in=7)
    reserved.reserve({"tokens_out": 500})
    reserved.add("tokens_out", 20)
    reserved.finish()
    cancelled = endpoint.begin(secret, tokens_in=7)
    cancelled.reserve({"tokens_out": 500})
    cancelled.cancel()
    assert endpoint.differences() == []


def test_each_charge_without_an_answer_is_found_and_credited(endpoint: Endpoint, secret: str) -> None:
    service = endpoint.service
    endpoint.answer(secret, tokens_in=100)
    fair = counted(service)
    endpoint.store.lose = True
    with pytest.raises(MeterRefusal):
        endpoint.answer(secret, tokens_in=10)
    endpoint.store.lose = False
    killed = endpoint.begin(secret, tokens_in=20)
    killed.reserve({"tokens_out": 300})
    found = {(each.counter.unit, each.ahead, each.lost) for each in endpoint.differences()}
    assert found == {("requests", 2, 1), ("tokens_in", 30, 10), ("tokens_out", 300, 0), ("micro_dollars", 132, 15)}

    with pytest.raises(MeteringError, match=r"Credit it from 2026-12-01 01:00 UTC on\."):
        credit(service.administration, list_tenants(service.table), endpoint.differences())
    service.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    done = credit(service.administration, list_tenants(service.table), endpoint.differences())
    assert len(done) == 4
    assert {name: value for name, value in counted(service).items() if value} == fair
    assert endpoint.differences() == []
    trail = list(read_audit_trail(service.table, list_tenants(service.table)[0].id))
    entries = [entry.detail for entry in trail if entry.action == "usage credit"]
    assert len(entries) == 4
    assert {"counter", "before", "after"} == set(entries[0])


def test_a_settlement_that_was_lost_is_credited_to_what_was_used(endpoint: Endpoint, secret: str) -> None:
    tally = endpoint.begin(secret, tokens_in=10)
    tally.reserve({"tokens_out": 400})
    tally.add("tokens_out", 30)
    endpoint.store.fail = True
    tally.finish()
    assert {(each.counter.unit, each.ahead) for each in endpoint.differences()} == {
        ("tokens_out", 370),
        ("micro_dollars", 148 - 25),
    }
    endpoint.service.now = datetime(2026, 12, 2, tzinfo=UTC)
    tenants = list_tenants(endpoint.service.table)
    credit(endpoint.service.administration, tenants, endpoint.differences())
    assert counted(endpoint.service)["2026-11", "tokens_out"] == 30


def test_a_log_that_is_ahead_is_told_and_never_charged(endpoint: Endpoint, secret: str) -> None:
    endpoint.answer(secret, tokens_in=10)
    endpoint.log.write(endpoint.log.getvalue())
    endpoint.service.now = datetime(2026, 12, 2, tzinfo=UTC)
    before = counted(endpoint.service)
    assert {each.ahead for each in endpoint.differences()} == {-1, -10, -15}
    tenants = list_tenants(endpoint.service.table)
    assert credit(endpoint.service.administration, tenants, endpoint.differences()) == []
    assert counted(endpoint.service) == before


def test_two_administrators_do_not_credit_twice(endpoint: Endpoint, secret: str) -> None:
    endpoint.begin(secret, tokens_in=10).reserve({})
    endpoint.service.now = datetime(2026, 12, 2, tzinfo=UTC)
    tenants, found = list_tenants(endpoint.service.table), endpoint.differences()
    credit(endpoint.service.administration, tenants, found)
    with pytest.raises(MeteringError, match="was changed by somebody else"):
        credit(endpoint.service.administration, tenants, found)
    assert set(counted(endpoint.service).values()) == {0}


def test_a_credit_after_the_archive_changes_the_archive(endpoint: Endpoint, secret: str) -> None:
    service = endpoint.service
    endpoint.answer(secret, tokens_in=100)
    fair = counted(service)
    endpoint.begin(secret, tokens_in=10).reserve({})
    service.now = datetime(2026, 12, 2, tzinfo=UTC)
    with pytest.raises(MeteringError, match="somebody else"):  # it stops before the counters are removed
        archive_usage(
            replace(service, table=Stopping(service.table)).administration, find_tenant(service.table, "acme")
        )
    tenants = [with_archives(service.table, tenant) for tenant in list_tenants(service.table)]
    found = endpoint.differences(tenants=tenants)
    assert len(credit(service.administration, tenants, found)) == 3
    (tenant,) = list_tenants(service.table)
    assert not any(name.startswith(("u#", "m#")) for name in tenant.item)
    archived = with_archives(service.table, tenant)
    assert {(row.month, row.unit): row.value for row in list_usage([archived])} == fair
    assert endpoint.differences(tenants=[archived]) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        '{"tenant": 1}',
        '["tenant"]',
        f'{LINE}, "time": 1.5}}',
        f'{LINE}, "time": 1, "micro_dollars": 1, "counts": {{"rows": "x"}}}}',
        '{"message": "quota", "tenant": "a", "window": "day", "percent": 50}',
        '{"tenant": ' + "[" * 10_000,
    ],
)
def test_other_lines_of_a_log_are_passed_over(line: str) -> None:
    assert list(read_itemised([line])) == []


def test_another_program_computes_the_same_sum(
    endpoint: Endpoint, secret: str, model_toml: Path, tmp_path: Path
) -> None:
    """Prices change in mid-month, the key is rotated, one is revoked, charges are lost, and the month rolls."""
    service, random = endpoint.service, np.random.default_rng(14)
    secrets = [secret, create_key(service.administration, "acme", KeySpec("app")).secret]
    service.now = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(400):
        service.now += timedelta(hours=float(random.uniform(0, 4.5)))
        counts = {"tokens_in": int(random.integers(2000)), "tokens_out": int(random.integers(500))}
        endpoint.store.lose = number % 50 == 7
        try:
            endpoint.answer(secrets[int(random.integers(len(secrets)))], **counts)
        except MeterRefusal:
            assert number % 50 == 7
        if number == 200:
            secrets[0] = rotate_key(service.administration, "acme", "web", 0).secret
        if number == 300:
            revoke_key(service.administration, "acme", secrets.pop())
    assert service.now > datetime(2026, 12, 2, tzinfo=UTC)
    tenants = list_tenants(service.table)
    assert len(credit(service.administration, tenants, endpoint.differences())) >= 3

    tenant = with_archives(service.table, find_tenant(service.table, "acme"))
    invoice = build_invoice(tenant, "2026-11", date(2026, 12, 2), {"chat": endpoint.tariff})
    files = {name: tmp_path / name for name in ("log", "invoice.csv", "invoice.json")}
    files["log"].write_text(endpoint.log.getvalue())
    files["invoice.csv"].write_text(write_invoice_csv(invoice), newline="")
    files["invoice.json"].write_text(write_invoice_json(invoice))
    command = [sys.executable, "-I", str(RECOMPUTE), "2026-11", str(files["log"]), str(model_toml)]
    ran = subprocess.run(
        [*command, str(files["invoice.csv"]), str(files["invoice.json"])], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == {"itemised": invoice.total, "csv": invoice.total, "json": invoice.total}
    assert invoice.total > 10_000
    assert invoice.notes == ()
    assert {line.label for line in invoice.lines} == {"web", "app"}
    assert [(price.first_day, price.unit, price.micro_dollars) for price in invoice.prices] == [
        ("2026-11-01", "tokens_in", 150_000),
        ("2026-11-01", "tokens_out", 600_000),
        ("2026-11-16", "requests", 12_500_000),
        ("2026-11-16", "tokens_in", 200_000),
        ("2026-11-16", "tokens_out", 333_333),
    ]


def test_an_amount_that_no_price_gives_is_noted(endpoint: Endpoint, secret: str) -> None:
    endpoint.answer(secret, tokens_in=1000)
    tenant = find_tenant(endpoint.service.table, "acme")
    other = Tariff({"requests": 1}, {"2026-10-01": {"tokens_in": 1_000_000}})
    month = (tenant, "2026-11", date(2026, 12, 2))
    assert build_invoice(*month, {"chat": endpoint.tariff}).notes == ()
    (note,) = build_invoice(*month, {"chat": other}).notes
    assert "the amount does not follow from the prices in model.toml" in note
    assert len(build_invoice(*month, {}).notes) == 1


class Page(HTMLParser):
    """What a page of HTML has: its tags, their attributes and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_an_invoice_prints_as_one_page_that_loads_nothing(endpoint: Endpoint, secret: str) -> None:
    for _ in range(3):
        endpoint.answer(secret, tokens_in=100_000_000)
    address = ("<script>alert(1)</script>", "Müller & Söhne", "\u202eemcA")
    tenant = find_tenant(endpoint.service.table, "acme")
    invoice = build_invoice(
        tenant, "2026-11", date(2026, 12, 2), {"chat": endpoint.tariff}, seller=("Lamp Ltd",), buyer=address
    )
    assert (invoice.total, invoice.due_cents) == (60_000_039, 6000)
    page = Page(write_invoice_html(invoice))
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert page.links == []
    rows = ("tokens in", "300,000,000", "60.000039", "USD 60.00", "2026-11-01 to 2026-11-30 (UTC)")
    for part in (*address[:2], "\\u202eemcA", "Lamp Ltd", "Invoice 2026-11-acme", *rows):
        assert part in page.text
    html = write_invoice_html(invoice)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "@page { size: A4" in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html
    assert "style=" not in html
    assert json.loads(write_invoice_json(invoice))["buyer"] == list(address)


def test_an_invoice_of_nothing_is_zero(endpoint: Endpoint) -> None:
    invoice = build_invoice(find_tenant(endpoint.service.table, "acme"), "2026-10", date(2026, 11, 2), {})
    assert (invoice.total, invoice.due_cents, invoice.lines) == (0, 0, ())
    assert "Nothing was used." in write_invoice_html(invoice)
    assert len(write_invoice_csv(invoice).splitlines()) == 1


def test_a_cell_is_never_a_formula_and_a_name_never_markup(endpoint: Endpoint) -> None:
    """A function that somebody took over may write counters with any name."""
    tenant = find_tenant(endpoint.service.table, "acme")
    names = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "<img src=x>", "chat")
    fields: Update = Update(set={(f"u#2026-11#k#{name}#rows",): 1 for name in names})
    assert endpoint.service.table.update(tenant.id, "state", fields)
    tenants = list_tenants(endpoint.service.table)
    invoice = build_invoice(tenants[0], "2026-11", date(2026, 12, 2), {})
    texts = (write_usage_csv(list_usage(tenants)), write_invoice_csv(invoice))
    for column, text in zip((4, 2), texts, strict=True):
        cells = {row[column] for row in list(csv.reader(io.StringIO(text)))[1:]}
        assert cells == {"'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "<img src=x>", "chat"}
    page = Page(write_invoice_html(invoice))
    assert "img" not in page.tags
    assert "<img src=x>" in page.text


def test_an_invoice_of_many_lines_has_its_sum_once(endpoint: Endpoint) -> None:
    tenant = find_tenant(endpoint.service.table, "acme")
    amounts = {f"m#2026-11#{number:08}#chat": 10**9 + number for number in range(3000)}
    invoice = build_invoice(
        tenant._replace(item={**tenant.item, **amounts}), "2026-11", date(2026, 12, 2), {}, notes=("a draft",)
    )
    assert (len(invoice.lines), invoice.total) == (3000, sum(amounts.values()))
    rows = list(csv.DictReader(io.StringIO(write_invoice_csv(invoice))))
    assert sum(int(row["micro_dollars"]) for row in rows) == invoice.total
    text = Page(write_invoice_html(invoice)).text
    assert text.count(format_micro_dollars(invoice.total)) == 1
    assert invoice.notes[0] == "a draft"
    assert text.index("a draft") < text.index("Amount due")


def test_a_line_that_the_log_has_twice_counts_once(endpoint: Endpoint, secret: str) -> None:
    for _ in range(5):
        endpoint.answer(secret, tokens_in=10)
    lines = endpoint.log.getvalue().splitlines()
    tenants = list_tenants(endpoint.service.table)
    log = ItemisedLog([*lines, "START", *lines, lines[2]])
    assert find_differences(tenants, log, "2026-11") == []
    assert (log.read, log.repeated) == (5, 6)
    forgetful = ItemisedLog([*lines, *lines], most=2)
    assert {each.ahead for each in find_differences(tenants, forgetful, "2026-11")} == {-5, -50, -75}
    unnamed = [line.replace('"request_id"', '"id"') for line in lines]
    assert len(list(ItemisedLog([*unnamed, *unnamed]))) == 10, "lines without an id may be equal and not the same"


def test_a_large_log_takes_bounded_memory(endpoint: Endpoint) -> None:
    tenants = list_tenants(endpoint.service.table)

    def lines() -> Iterator[str]:
        for number in range(20_000):
            yield f'{LINE}, "time": 1, "micro_dollars": 1, "counts": {{"rows": 2}}, "request_id": "id-{number}"}}'

    log = ItemisedLog(lines(), most=1_000)
    tracemalloc.start()
    try:
        find_differences(tenants, log, "2026-11")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (log.read, log.repeated) == (20_000, 0)
    assert peak < 1_000_000


def test_lines_of_exports_and_of_other_programs_are_read(endpoint: Endpoint, secret: str) -> None:
    """CloudWatch's exports to S3 begin each line with its time, and `aws logs tail` with time and stream."""
    endpoint.answer(secret, tokens_in=10)
    (line,) = endpoint.log.getvalue().splitlines()
    before = ("", "2026-11-26T12:00:00.000Z ", "2026-11-26T12:00:00+00:00 2026/11/26/[$LATEST]0ab1 ")
    assert [charge.counts["tokens_in"] for text in before for charge in read_itemised([text + line])] == [10] * 3
    cut = [line[:length] for length in range(len(line))]
    assert list(read_itemised(cut)) == []
    other = [line.replace('"2026-11"', '"2026-10"'), line.replace('"tenant":"', '"tenant":"x')]
    tenants = list_tenants(endpoint.service.table)
    assert find_differences(tenants, read_itemised([line, *other]), "2026-11") == []


def test_a_log_that_lacks_much_of_the_month_credits_nothing(endpoint: Endpoint, secret: str) -> None:
    for _ in range(3):
        endpoint.answer(secret)
    tenants = list_tenants(endpoint.service.table)
    none = find_differences(tenants, [], "2026-11")
    with pytest.raises(MeteringError, match=r"has 0 of the 3 requests of 2026-11, so it is hardly whole"):
        require_whole_log(tenants, none, "2026-11")
    endpoint.store.lose = True
    for _ in range(30):
        with pytest.raises(MeterRefusal):
            endpoint.answer(secret)
    tenants = list_tenants(endpoint.service.table)
    require_whole_log(tenants, endpoint.differences(tenants=tenants), "2026-11")
    key = tenants[0].keys[0].id
    field = f"u#2026-11#{key}#chat#requests"
    for more, is_whole in ((100, True), (1, False)):
        assert endpoint.service.table.update(tenants[0].id, "state", Update(add={(field,): more}))
        tenants = list_tenants(endpoint.service.table)
        found = endpoint.differences(tenants=tenants)
        with contextlib.nullcontext() if is_whole else pytest.raises(MeteringError, match="3 of the 134 requests"):
            require_whole_log(tenants, found, "2026-11")


def test_money_is_written_without_a_float() -> None:
    assert [format_micro_dollars(each) for each in (0, 1, 1_234_567, 10**18 + 1, -5)] == [
        "0.000000", "0.000001", "1.234567", "1,000,000,000,000.000001", "-0.000005",
    ]  # fmt: skip
    assert [format_cents(each) for each in (0, 5, 123_456, -7)] == ["0.00", "0.05", "1,234.56", "-0.07"]


def test_a_counter_that_is_none_is_passed_over(endpoint: Endpoint) -> None:
    tenant = find_tenant(endpoint.service.table, "acme")
    fields: Update = Update(set={("u#2026-11#k",): 1, ("m#2026-11#k#m#x",): 1, ("u#2026-11#k#m#rows",): "1"})
    assert endpoint.service.table.update(tenant.id, "state", fields)
    assert list_usage(list_tenants(endpoint.service.table)) == []
    assert re.fullmatch(r"[0-9A-Za-z]{8}", tenant.id)
