"""Many callers at once get exactly the limit: no more, and without faults no less."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import threading
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.metered_entry import make_event, make_metered
from support.onnx_models import package_identity
from support.tenants import NOW, TENANT, SqliteTable, Table, make_charge, make_item, new_key

from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.metering.charge import Charge, Outcome
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.start import Metering
from pilotlight_runtime.metering.tenant import apply_charge, judge, read_windows

DAY = 86_400
PROCESSES = 8
CALLS = 30
BODY = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}]})


def ask_on_two_days(folder: str, environ: dict[str, str], key: str, barrier: Barrier, granted: Any) -> None:
    """What each process does: a real model's handler is asked on one day, and on the next one."""
    now = [NOW]
    entry = model_handler(f"{folder}/app.py", environ={}, stream=io.StringIO())
    metering = Metering(environ, lambda: now[0])
    metering.meter_model(entry, "tiny", folder, io.StringIO(), openai=False)  # type: ignore[arg-type]
    event = {**make_event(key), "body": BODY}
    for day in range(2):
        barrier.wait(60)
        now[0] = NOW + day * DAY
        answers = [entry(event, None) for _ in range(CALLS)]
        assert {answer["statusCode"] for answer in answers} <= {200, 429}, answers
        with granted.get_lock():
            granted[day] += sum(answer["statusCode"] == 200 for answer in answers)
    metering.close()


@pytest.mark.parametrize("limit", [1, 97])
def test_processes_get_exactly_the_limit_of_each_day(
    exact_table: Table | SqliteTable, tmp_path: Path, limit: int
) -> None:
    package_identity(tmp_path, "FP32", (1,))
    key = new_key()
    exact_table.put(TENANT, make_item({key: {}}, day_limit=limit, month_limit=10_000))
    context = multiprocessing.get_context("spawn")
    barrier, granted = context.Barrier(PROCESSES), context.Array("i", 2)
    arguments = (str(tmp_path), exact_table.environ, key, barrier, granted)
    processes = [context.Process(target=ask_on_two_days, args=arguments) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert list(granted) == [limit, limit]
    item = exact_table.get(TENANT)
    assert (item["day"], item["day_left"], item["month_left"]) == ("2026-11-27", 0, 10_000 - 2 * limit)
    assert item["u#2026-11#k0#tiny#requests"] == 2 * limit


class ReadsThenWrites(SqliteStore):
    """What gateways do: they look first, and count later. between: waits until all have looked."""

    between: threading.Barrier

    def charge(self, charge: Charge) -> Outcome:
        item = self.read(charge.tenant)
        outcome = judge(item, charge)
        self.between.wait(10)
        if outcome.reason or item is None:
            return outcome
        changed = apply_charge(item, charge)
        self.put(charge.tenant, changed)
        return Outcome("", read_windows(changed, charge.labels))


@pytest.mark.parametrize(("kind", "granted"), [(SqliteStore, 1), (ReadsThenWrites, 4)])
def test_a_store_that_reads_and_then_writes_is_found_out(tmp_path: Path, kind: type[SqliteStore], granted: int) -> None:
    key, between = new_key(), threading.Barrier(4)
    stores = [kind(str(tmp_path / "tenants.db")) for _ in range(4)]
    stores[0].put(TENANT, make_item({key: {}}, day_limit=1))
    reasons: list[str] = []

    def ask(store: SqliteStore) -> None:
        if isinstance(store, ReadsThenWrites):
            store.between = between
        reasons.append(store.charge(make_charge(key)).reason)

    threads = [threading.Thread(target=ask, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert reasons.count("") == granted


def test_a_clock_that_is_an_hour_wrong_gives_no_more_than_each_days_limit(file: SqliteTable) -> None:
    """Four functions whose clocks differ by up to two hours, around midnight."""
    key, source = new_key(), np.random.default_rng(14)
    file.put(TENANT, make_item({key: {}}, day_limit=10, month_limit=1000))
    moment = [NOW + DAY - 7200]
    entries = [
        make_metered(file.environ, io.StringIO(), now=lambda late=late: moment[0] + late)
        for late in (-3600, 0, 1800, 3600)
    ]
    answered = 0
    for _ in range(400):
        moment[0] += 40
        answered += entries[source.integers(4)](make_event(key))["statusCode"] == 200
    for entry in entries:
        entry.close()
    item = file.get(TENANT)
    assert item["day"] == "2026-11-27"
    assert answered == 20
    assert item["month_left"] == 980


def test_many_wrong_keys_do_not_displace_a_good_one(file: SqliteTable) -> None:
    key = new_key()
    file.put(TENANT, make_item({key: {}}, day_limit=100))
    entry = make_metered(file.environ, io.StringIO(), now=lambda: NOW)
    assert entry(make_event(key))["statusCode"] == 200
    for _ in range(5000):
        assert entry(make_event(new_key(os.urandom(4).hex())))["statusCode"] == 401
    file.close()
    entry.close()
    reopened = SqliteTable(Path(file.environ["PILOTLIGHT_SERVICE_TABLE"].removeprefix("sqlite:")))
    assert reopened.get(TENANT)["day_left"] == 99
    reopened.close()
