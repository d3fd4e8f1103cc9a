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

import numpy as np
from support.metered_worker import ANSWERED
from support.tenants import NOW, TENANT, SqliteTable, Table, make_item, new_key

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


def test_what_was_answered_is_charged_and_what_was_charged_is_within_the_limit(
    exact_table: Table | SqliteTable, tmp_path: Path
) -> None:
    key, source = new_key(), np.random.default_rng(14)
    limit = 60 * KILLS
    exact_table.put(TENANT, make_item({key: {}}, day_limit=limit))
    ledger = tmp_path / "ledger"
    settings = {"environ": exact_table.environ, "now": NOW, "key": key, "calls": 10**9, "ledger": str(ledger)}
    workers = Workers(tmp_path, settings)
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
    answered = workers.answers.count(ANSWERED)
    charged = limit - exact_table.get(TENANT)["day_left"]
    itemised = sum(
        json.loads(line)["message"] == "charge" for line in ledger.read_text().splitlines() if line[-1:] == "}"
    )
    sys.stdout.write(
        f"kills {KILLS + WORKERS}: answered {answered}, itemised {itemised}, charged {charged}, limit {limit}\n"
    )
    assert 0 < answered <= itemised <= charged <= limit
    assert charged - answered <= KILLS + WORKERS
    assert exact_table.get(TENANT)["u#2026-11#k0#tiny#requests"] == charged
