"""What metering costs, in calls of the table. `python -m benchmarks.metering` measures the milliseconds."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.fault_proxy import FaultProxy
from support.metered_entry import INFER, MeteredEntry, Records, answer_plainly, make_event, make_metered
from support.tenants import TENANT, SqliteTable, make_item, new_key

from benchmarks.metering_table import run_table
from pilotlight_runtime.metering.accounts import Accounts
from pilotlight_runtime.metering.charge import Amount, Charge, Item, Outcome, Reservation
from pilotlight_runtime.metering.ledger import Ledger
from pilotlight_runtime.metering.meter import Meter
from pilotlight_runtime.metering.store import MeterStore
from pilotlight_runtime.metering.tariff import DEFAULT_TARIFF
from pilotlight_runtime.streaming.entry import StreamingEntry

KEY = new_key()
WRONG = 10_000
GOOD = 500


class CountingStore:
    """A store that counts what it is asked."""

    def __init__(self, store: MeterStore) -> None:
        self.reads = self.charges = 0
        self._store = store

    def read(self, tenant: str) -> Item | None:
        self.reads += 1
        return self._store.read(tenant)

    def charge(self, charge: Charge) -> Outcome:
        self.charges += 1
        return self._store.charge(charge)

    def settle(self, reservation: Reservation, used: Amount) -> None:
        self._store.settle(reservation, used)

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[FaultProxy]:
    """Counts what reaches a table."""
    with run_table(tmp_path, KEY) as environs:
        made = FaultProxy(int(environs["plain"]["AWS_ENDPOINT_URL_DYNAMODB"].rpartition(":")[2]))
        yield made
        made.close()


@pytest.fixture
def entry(proxy: FaultProxy) -> Iterator[MeteredEntry]:
    variables = {"AWS_ENDPOINT_URL_DYNAMODB": proxy.url, "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}
    made = make_metered({"PILOTLIGHT_SERVICE_TABLE": "tenants", **variables}, io.StringIO())
    yield made
    made.close()


def test_the_first_answer_waits_for_two_calls_and_each_further_one_for_one(
    entry: MeteredEntry, proxy: FaultProxy
) -> None:
    """Whose key it is, and the charge. The connection is the one that the start has opened."""
    calls = []
    for _ in range(4):
        before = proxy.requests
        assert entry(make_event(KEY))["statusCode"] == 200
        calls.append(proxy.requests - before)
    assert calls == [2, 1, 1, 1]
    assert proxy.connections == 1


def test_a_wrong_key_costs_one_call_and_none_while_it_is_remembered(entry: MeteredEntry, proxy: FaultProxy) -> None:
    for key in (new_key(), new_key("Tenant02")):
        before = proxy.requests
        for _ in range(3):
            assert entry(make_event(key))["statusCode"] == 401
        assert proxy.requests - before == 1
    before = proxy.requests
    for text in (None, "", KEY[:-1], KEY[:-1] + "!", KEY.swapcase()):
        assert entry(make_event(text))["statusCode"] == 401
    assert proxy.requests == before


def test_ten_thousand_wrong_keys_cost_a_good_one_no_call_and_hardly_any_time(tmp_path: Path) -> None:
    """In time of the processor, so that other programs do not count, and with room for what they do to its caches."""
    table = SqliteTable(tmp_path / "tenants.db")
    table.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=10**6))
    store = CountingStore(table.open())
    entry = StreamingEntry(answer_plainly, INFER, Records(), time.perf_counter, live=True)
    accounts = Accounts("tiny", DEFAULT_TARIFF, store, Ledger(io.StringIO()), time.time)
    entry.wrap(Meter(accounts, "tiny", direct=False, openai=False).wrap)

    def ask_often(wrong: int, make_key: Callable[[], str]) -> float:
        """The 99th percentile of the processor's time for a good request, after so many wrong ones each."""
        times = []
        for _ in range(GOOD):
            for _ in range(wrong):
                assert entry(make_event(make_key()), None)["statusCode"] == 401
            began = time.thread_time()
            assert entry(make_event(KEY), None)["statusCode"] == 200
            times.append(time.thread_time() - began)
        return sorted(times)[int(0.99 * GOOD)]

    alone, among = ask_often(0, new_key), ask_often(WRONG // GOOD, new_key)
    alone = min(alone, ask_often(0, new_key))
    assert (store.reads, store.charges) == (1 + WRONG, 3 * GOOD)
    table.close()
    assert among < 2 * alone, (alone, among)
