"""Each store takes, refuses and gives back as the rules of tenant.py say."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tenants import NOW, SqliteTable, Table, make_charge, make_item, new_key

from pilotlight_runtime.metering.charge import Amount, Item, Reservation
from pilotlight_runtime.metering.keys import make_word
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tenant import apply_charge, apply_settlement, judge

KEY, OTHER = new_key(), new_key()
DAY = 86_400
Tables = Table | SqliteTable


@pytest.fixture
def tenant() -> str:
    """A tenant of its own for each test, since the tables outlive them."""
    return make_word(8, os.urandom)


def random_item(source: np.random.Generator) -> Item:
    entry: dict[str, Any] = {"expires": int(source.choice([0, 0, 0, NOW, NOW + 1, NOW + 2 * DAY]))}
    models = source.choice(["none", "tiny", "other"], p=[0.7, 0.2, 0.1])
    if models != "none":
        entry["models"] = [str(models)]
    fields = {f"{name}_limit": int(source.integers(0, 12)) for name in ("day", "month") if source.random() < 0.8}
    state = str(source.choice(["active", "active", "active", "active", "suspended", "deleted"]))
    item = make_item({KEY: entry}, now=NOW + DAY * int(source.integers(0, 3)), state=state, **fields)
    return {name: value for name, value in item.items() if name not in ("day", "month") or source.random() < 0.95}


def plain(item: Item) -> Item:
    """Without the keys of the table, and without counters of nothing."""
    return {name: value for name, value in item.items() if name not in ("pk", "sk") and (value or "#" not in name)}


@pytest.mark.parametrize("seed", range(4))
def test_random_charges_and_settlements_end_as_the_rules_say(table: Tables, tenant: str, seed: int) -> None:
    source = np.random.default_rng(seed)
    store = table.open()
    expected = random_item(source)
    table.put(tenant, expected)
    taken: list[Reservation] = []
    for _ in range(25):
        if source.random() < 0.08:
            expected = random_item(source)
            table.put(tenant, expected)
        now = NOW + DAY * float(source.choice([0, 0, 0, 1, 1, 2, 6]))
        charge = make_charge(
            str(source.choice([KEY, KEY, KEY, OTHER])), int(source.integers(0, 4)), now=now, tenant=tenant
        )
        outcome, wanted = store.charge(charge), judge(expected, charge)
        assert outcome.reason == wanted.reason
        if not outcome.reason:
            expected = apply_charge(expected, charge)
            taken.append(Reservation(charge, {window.name: window.label for window in outcome.windows}))
            left = {window.name: window.left for window in outcome.windows}
            assert left == {"day": expected["day_left"], "month": expected["month_left"]}
        elif taken and source.random() < 0.5:
            reservation = taken.pop()
            used = int(source.integers(0, reservation.charge.amount.cost + 1))
            amount = Amount({"requests": used}, used, 3 * used)
            store.settle(reservation, amount)
            expected = apply_settlement(expected, reservation, amount)
        assert plain(table.get(tenant)) == plain(expected)


@pytest.mark.parametrize("later", [0, 1, 6])
@pytest.mark.parametrize("used", [0, 8, 50])
def test_a_settlement_after_a_window_gives_the_new_one_nothing(
    table: Tables, tenant: str, later: int, used: int
) -> None:
    """0, 1 or 6 days later, of which the last are in the next month."""
    table.put(tenant, make_item({KEY: {}}, day_limit=100, month_limit=1000))
    store = table.open()
    charge = make_charge(KEY, 50, tenant=tenant)
    outcome = store.charge(charge)
    assert store.charge(make_charge(KEY, 1, now=NOW + later * DAY, tenant=tenant)).reason == ""
    reservation = Reservation(charge, {window.name: window.label for window in outcome.windows})
    store.settle(reservation, Amount({"requests": used}, used, 3 * used))
    item = table.get(tenant)
    assert item["day_left"] == (99 if later else 99 - used)
    assert item["month_left"] == (999 if later == 6 else 999 - used)
    assert item.get("u#2026-11#k0#tiny#requests", 0) == used + (later < 6)
    assert item.get("m#2026-11#k0#tiny", 0) == 3 * (used + (later < 6))


def test_a_tenant_that_is_not_there_is_unknown(table: Tables, tenant: str) -> None:
    store = table.open()
    assert store.read(tenant) is None
    charge = make_charge(KEY, tenant=tenant)
    assert store.charge(charge) == ("unknown_key", ())
    store.settle(Reservation(charge, charge.labels), Amount({}, 0, 0))
    assert store.read(tenant) is None


def test_a_table_of_another_schema_is_refused_with_what_to_do(table: Tables, tenant: str) -> None:
    item = {**make_item({KEY: {}}), "schema": 2}
    table.put(tenant, make_item({KEY: {}}))
    store = table.open()
    table.put(tenant, item)
    for ask in (lambda: store.read(tenant), lambda: store.charge(make_charge(KEY, tenant=tenant))):
        with pytest.raises(StoreFailed, match=r"schema 2.*migrate"):
            ask()


def put_nearly_full(table: Table, tenant: str) -> None:
    """Puts an item of nearly as many bytes as DynamoDB takes."""
    for less in range(300, 30_000, 64):
        try:
            table.put(tenant, {**make_item({KEY: {}}, day_limit=9), "counters": "x" * (400 * 1024 - less)})
        except table.client.exceptions.ClientError:
            continue
        return
    raise AssertionError("the item was never taken")


def test_an_item_without_room_for_a_counter_is_refused_with_what_to_do(dynalite: Table, tenant: str) -> None:
    put_nearly_full(dynalite, tenant)
    before = dynalite.get(tenant)
    with pytest.raises(StoreFailed, match="usage --archive") as failed:
        dynalite.open().charge(make_charge(KEY, tenant=tenant, model="m" * 64))
    assert not isinstance(failed.value, ReplyLost)
    assert dynalite.get(tenant) == before


OPEN_AT = """
import sys, time
from pilotlight_runtime.metering.sqlite import SqliteStore
while time.time() < float(sys.argv[2]):
    pass
SqliteStore(sys.argv[1])
"""


def test_functions_that_start_together_make_one_file(tmp_path: Path) -> None:
    for number in range(4):
        command = [sys.executable, "-c", OPEN_AT, str(tmp_path / f"{number}.db"), str(time.time() + 1)]
        started = [subprocess.Popen(command) for _ in range(6)]
        assert [process.wait() for process in started] == [0] * 6


def test_a_path_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    for path in (tmp_path, tmp_path / "nowhere" / "tenants.db"):
        with pytest.raises(StoreFailed, match="cannot be used as the table of tenants"):
            SqliteStore(str(path))
    assert time.monotonic() - began < 1


def test_a_thousand_keys_and_two_years_of_counters_are_no_obstacle(table: Tables, tenant: str) -> None:
    counters = {
        f"u#20{20 + year}-{month:02}#k{key}#tiny#requests": 7
        for year in range(2)
        for month in range(1, 13)
        for key in range(9)
    }
    table.put(tenant, {**make_item({new_key(): {} for _ in range(200)} | {KEY: {"id": "k0"}}, day_limit=3), **counters})
    assert [table.open().charge(make_charge(KEY, tenant=tenant)).reason for _ in range(4)] == ["", "", "", "day"]
