"""Writing a capture: who agrees, what fails, and that nothing of it reaches the caller."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.sealed_captures import make_exchange
from support.tenants import make_item, new_key

from pilotlight_runtime.metering.captures.aes_gcm import AesGcm, SealBroken, open_cipher
from pilotlight_runtime.metering.captures.documents import read_document
from pilotlight_runtime.metering.captures.failure import Away, CaptureFailed
from pilotlight_runtime.metering.captures.sealing import unseal
from pilotlight_runtime.metering.captures.writing import LONGEST_MS, PAUSE, CaptureWriter, Parts
from pilotlight_runtime.metering.charge import Item
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed

NOW = 1_795_651_200.0
CONSENT = {"kind": "plain", "key": "", "since": 0}
EXCHANGE = make_exchange("Tenant01", NOW)
KEY = bytes(32)


class Bench:
    """A writer with a table, keys and a store that do what a test says."""

    def __init__(self, item: Item | None = None) -> None:
        self.now = NOW
        self.item = item
        self.log = io.StringIO()
        self.kept: dict[str, bytes] = {}
        self.fail: dict[str, BaseException] = {}
        self.read_times = 0
        parts = Parts(self.read, self, open_cipher(), self)
        self.writer = CaptureWriter(parts, 30, self.log, lambda: self.now, os.urandom)

    def read(self, tenant: str) -> Item | None:
        assert tenant == "Tenant01"
        self.read_times += 1
        self._fail("table")
        return self.item

    def find(self, tenant: str, consent: Mapping[str, Any]) -> bytes:
        assert (tenant, consent) == ("Tenant01", CONSENT)
        self._fail("key")
        return KEY

    def write(self, name: str, content: bytes) -> None:
        self._fail("store")
        self.kept[name] = content

    def close(self) -> None:
        self.fail["closed"] = CaptureFailed("closed")

    def _fail(self, place: str) -> None:
        if place in self.fail:
            raise self.fail[place]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def tenant(**fields: Any) -> Item:
    return make_item({new_key(): {}}, **{"capture": CONSENT, **fields})


def test_who_agrees_is_captured() -> None:
    bench = Bench(tenant())
    bench.writer.write(EXCHANGE)
    ((name, content),) = bench.kept.items()
    assert name.startswith("captures/30/Tenant01/digits/2026-11-26/000000-")
    assert read_document(unseal(open_cipher(), KEY, name, content)) == EXCHANGE
    assert bench.lines == []


@pytest.mark.parametrize(
    "item",
    [
        None,
        make_item({}),
        make_item({}, capture=None),
        tenant(state="suspended"),
        tenant(state="deleted"),
    ],
)
def test_nobody_else_is(item: Item | None) -> None:
    bench = Bench(item)
    bench.writer.write(EXCHANGE)
    assert (bench.kept, bench.lines) == ({}, [])


FAILURES: list[tuple[str, BaseException, str, int]] = [
    ("table", StoreFailed("away"), "table", 1),
    ("table", ReplyLost("lost"), "table", 1),
    ("table", KeyError("BOOL"), "table", 1),
    ("table", ValueError("no number"), "table", 1),
    ("key", Away("key"), "key", 1),
    ("key", CaptureFailed("key"), "key", 2),
    ("store", Away("store"), "store", 1),
    ("store", CaptureFailed("store"), "store", 2),
    ("store", SealBroken("refused"), "cipher", 2),
    ("store", MemoryError(), "memory", 2),
]


@pytest.mark.parametrize(("place", "error", "failed", "tries"), FAILURES)
def test_what_fails_is_logged_and_what_is_away_is_left_alone(
    place: str, error: BaseException, failed: str, tries: int
) -> None:
    bench = Bench(tenant())
    bench.fail[place] = error
    for _ in range(2):
        bench.writer.write(EXCHANGE)
    assert bench.read_times == tries
    assert (
        bench.lines
        == [
            {
                "level": "WARNING",
                "message": "capture lost",
                "request_id": "invocation-1",
                "tenant": "Tenant01",
                "failed": failed,
            }
        ]
        * tries
    )
    bench.fail.clear()
    bench.now += PAUSE
    bench.writer.write(EXCHANGE)
    assert len(bench.kept) == 1


def test_a_clock_that_was_set_back_does_not_keep_the_pause() -> None:
    bench = Bench(tenant())
    bench.fail["store"] = Away("store")
    bench.writer.write(EXCHANGE)
    bench.fail.clear()
    bench.now -= 3600
    bench.writer.write(EXCHANGE)
    assert len(bench.kept) == 1


@pytest.mark.parametrize(("left_ms", "kept"), [(LONGEST_MS - 1, 0), (LONGEST_MS, 1)])
def test_there_must_be_time_for_all_of_it(left_ms: float, kept: int) -> None:
    bench = Bench(tenant())
    bench.writer.write(EXCHANGE, NOW * 1000 + left_ms)
    assert len(bench.kept) == kept
    assert [line["failed"] for line in bench.lines] == ["time"] * (1 - kept)


def test_a_log_that_is_closed_costs_no_answer() -> None:
    bench = Bench(tenant())
    bench.fail["store"] = CaptureFailed("store")
    bench.log.close()
    bench.writer.write(EXCHANGE)
    assert bench.kept == {}


def test_no_plain_text_is_kept_where_the_cipher_refuses() -> None:
    bench = Bench(tenant())

    class Refusing(AesGcm):
        def __init__(self) -> None:
            self.asked = 0

        def seal(self, *_: object) -> bytes:
            raise SealBroken("refused")

    writer = CaptureWriter(Parts(bench.read, bench, Refusing(), bench), 30, bench.log, lambda: NOW, os.urandom)
    writer.write(EXCHANGE)
    assert bench.kept == {}
    assert [line["failed"] for line in bench.lines] == ["cipher"]


def test_closing_closes_the_keys() -> None:
    bench = Bench(tenant())
    close: Callable[[], None] = bench.writer.close
    close()
    assert "closed" in bench.fail
