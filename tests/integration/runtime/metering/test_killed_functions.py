"""Functions that are killed at any moment: answered <= itemised <= charged <= limit.

KILLS sets how many; the suite kills few.
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
from support.metered_worker import ANSWERED, TOKEN
from support.tenants import NOW, TENANT, SqliteTable, Table, make_item, new_key

from pilotlight_runtime.metering.charge import Item

KILLS = int(os.environ.get("KILLS", "24"))
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
    assert item["u#2026-11#k0#tiny#requests"] == charged


def test_what_a_killed_function_had_reserved_stays_charged(file: SqliteTable, tmp_path: Path) -> None:
    key, limit = new_key(), 3000 * KILLS
    file.put(TENANT, make_item({key: {}}, day_limit=limit))
    written = kill_functions(file, tmp_path, key, streams=True)
    item = read_at_rest(file)
    sent, charged = written.count(TOKEN), limit - item["day_left"]
    itemised = sum(line["units"] for line in read_ledger(tmp_path) if line["message"] == "charge")
    sys.stdout.write(
        f"kills {KILLS + WORKERS}: tokens sent {sent}, itemised {itemised}, charged {charged}, limit {limit}\n"
    )
    assert 0 < sent <= charged <= limit
    assert itemised < charged, "no function was killed within an answer"
    assert charged - itemised <= 8 * (KILLS + WORKERS)
    assert item["u#2026-11#k0#tiny#tokens_out"] == charged
