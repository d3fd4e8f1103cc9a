"""Functions that are killed at any moment: answered <= itemised <= charged <= limit, and the audit finds the rest.

They are killed at every few steps of one request, and at random moments of many at once. KILLS and STRIDE set how
many; together there are more than 300.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.metered_worker import ANSWERED, TOKEN
from support.tenants import NOW, TENANT, SqliteTable, Table, make_item, new_key

from pilotlight.metering import Tenant, find_differences, read_itemised
from pilotlight_runtime.metering.charge import Item

KILLS = int(os.environ.get("KILLS", "24"))
STRIDE = int(os.environ.get("STRIDE", "5"))
"""1 kills at every step."""
WORKERS = 4
TESTS = Path(__file__).parents[3]


class Workers:
    """Processes that ask until they are killed. The answers of each go into a file of its own."""

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        self._folder = folder
        self._environ = {**os.environ, "WORKER": json.dumps(settings), "PYTHONPATH": str(TESTS)}
        self._count = 0

    def start(self) -> subprocess.Popen[bytes]:
        self._count += 1
        with (self._folder / f"answers-{self._count}").open("wb") as answers:
            return subprocess.Popen(
                [sys.executable, "-m", "support.metered_worker"], stdout=answers, env=self._environ, cwd=TESTS
            )

    def wait_for_answer(self) -> None:
        """Waits for the newest one's first answer, so that kills hit processes that work."""
        answers, until = self._folder / f"answers-{self._count}", time.monotonic() + 30
        while not answers.stat().st_size:
            assert time.monotonic() < until
            time.sleep(0.002)

    @property
    def answers(self) -> bytes:
        return b"".join(path.read_bytes() for path in self._folder.glob("answers-*"))


def kill_functions(table: Table | SqliteTable, folder: Path, key: str, *, streams: bool) -> bytes:
    """Kills functions that answer, one after the other; returns the bytes that they have written."""
    source = np.random.default_rng(14)
    ledger = str(folder / "ledger")
    settings = {"environ": table.environ, "now": NOW, "key": key, "ledger": ledger, "streams": streams}
    workers = Workers(folder, settings)
    running = [workers.start() for _ in range(WORKERS)]
    for _ in range(KILLS):
        workers.wait_for_answer()
        time.sleep(source.random() * 0.02)
        killed = running.pop(0)
        killed.kill()
        killed.wait()
        running.append(workers.start())
    for process in running:
        process.kill()
        process.wait()
    return workers.answers


def read_at_rest(table: Table | SqliteTable) -> Item:
    """The item after the last request that a killed function has sent."""
    item = table.get(TENANT)
    while True:
        time.sleep(0.5)
        before, item = item, table.get(TENANT)
        if item == before:
            return item


def read_ledger(folder: Path) -> list[dict[str, Any]]:
    """The lines that are whole, which a killed function's last one may not be."""
    return [json.loads(line) for line in (folder / "ledger").read_text().splitlines() if line.endswith("}")]


def audit(item: Item, folder: Path) -> dict[str, int]:
    """By how much each counter is ahead of the log, as `pilotlight usage --audit` finds it."""
    tenant = Tenant(TENANT, "acme", "active", "free", (), {}, item, {})
    lines = read_itemised((folder / "ledger").read_text().splitlines())
    return {found.counter.unit: found.ahead for found in find_differences([tenant], lines, "2026-11")}


def kill_at_steps(table: Table | SqliteTable, folder: Path, key: str, *, streams: bool) -> list[dict[str, Any]]:
    """Kills a function at one step after the other of a request; returns how far each came, but for the one that lived.

    That one has to answer all.
    """
    settings = {"environ": table.environ, "now": NOW, "key": key, "ledger": str(folder / "ledger"), "streams": streams}
    environ = {**os.environ, "WORKER": json.dumps({**settings, "stride": STRIDE}), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "support.killed_steps"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ, cwd=TESTS)
    *killed, lived = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(step.pop("killed") for step in killed)
    units = 3 if streams else 1
    assert lived.items() >= {"killed": False, "answered": units, "itemised": units, "charged": units}.items()
    sys.stdout.write(f"kills {len(killed)}\n")
    return killed


def find_stages(steps: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """The different stages: what was answered, itemised and charged."""
    return sorted({(step["answered"], step["itemised"], step["charged"]) for step in steps})


@pytest.mark.timeout(120)
def test_a_request_that_is_killed_at_a_step_is_charged_before_it_is_answered(
    exact_table: Table | SqliteTable, tmp_path: Path
) -> None:
    key = new_key()
    exact_table.put(TENANT, make_item({key: {}}, day_limit=10**6))
    steps = kill_at_steps(exact_table, tmp_path, key, streams=False)
    assert len(steps) >= 500 // STRIDE
    assert [stage for stage in find_stages(steps) if stage != (1, 1, 1)] == [(0, 0, 0), (0, 0, 1), (0, 1, 1)]
    not_itemised = sum(step["charged"] - step["itemised"] for step in steps)
    assert audit(exact_table.get(TENANT), tmp_path) == {"requests": not_itemised}


@pytest.mark.timeout(120)
def test_a_stream_that_is_killed_at_a_step_has_reserved_what_it_sent(
    exact_table: Table | SqliteTable, tmp_path: Path
) -> None:
    key = new_key()
    exact_table.put(TENANT, make_item({key: {}}, day_limit=10**6))
    steps = kill_at_steps(exact_table, tmp_path, key, streams=True)
    assert len(steps) >= 700 // STRIDE
    sent = [(0, 0, 5), (1, 0, 5), (2, 0, 5), (3, 0, 5)]
    assert find_stages(steps) == [(0, 0, 0), *sent[:3], (3, 0, 3), sent[3], (3, 3, 3)]
    not_itemised = sum(step["charged"] - step["itemised"] for step in steps)
    assert audit(exact_table.get(TENANT), tmp_path)["tokens_out"] == not_itemised


def test_what_was_answered_is_charged_and_what_was_charged_is_within_the_limit(
    exact_table: Table | SqliteTable, tmp_path: Path
) -> None:
    key, limit = new_key(), 60 * KILLS
    exact_table.put(TENANT, make_item({key: {}}, day_limit=limit))
    answered = kill_functions(exact_table, tmp_path, key, streams=False).count(ANSWERED)
    item = read_at_rest(exact_table)
    charged = limit - item["day_left"]
    itemised = sum(line["message"] == "charge" for line in read_ledger(tmp_path))
    sys.stdout.write(
        f"kills {KILLS + WORKERS}: answered {answered}, itemised {itemised}, charged {charged}, limit {limit}\n"
    )
    assert 0 < answered <= itemised <= charged <= limit
    assert charged - answered <= KILLS + WORKERS
    assert audit(item, tmp_path) == ({"requests": charged - itemised} if charged > itemised else {})
    assert item["u#2026-11#k0#tiny#requests"] == charged


def test_what_a_killed_function_had_reserved_stays_charged(file: SqliteTable, tmp_path: Path) -> None:
    key, limit = new_key(), 3000 * KILLS
    file.put(TENANT, make_item({key: {}}, day_limit=limit))
    written = kill_functions(file, tmp_path, key, streams=True)
    item = read_at_rest(file)
    sent, charged = written.count(TOKEN), limit - item["day_left"]
    # A table that is busy for too long may lose a settlement, which the log itemises, too.
    itemised = sum(line["units"] for line in read_ledger(tmp_path) if line["message"] in ("charge", "settlement lost"))
    sys.stdout.write(
        f"kills {KILLS + WORKERS}: tokens sent {sent}, itemised {itemised}, charged {charged}, limit {limit}\n"
    )
    assert 0 < sent <= charged <= limit
    assert itemised < charged, "no function was killed within an answer"
    assert charged - itemised <= 8 * (KILLS + WORKERS)
    assert audit(item, tmp_path)["tokens_out"] == charged - itemised
    assert item["u#2026-11#k0#tiny#tokens_out"] == charged
