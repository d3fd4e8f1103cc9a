"""`python -m fuzz`, as make fuzz runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "fuzz", "--only", "add", "--processes", "1", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_a_run_prints_its_seed_and_a_table() -> None:
    ran = fuzz("--events", "40", "--seed", "5")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, _, *rest = ran.stdout.splitlines()
    assert first == "seed 5"
    assert rest[0].startswith("40 events in ")
    assert rest[-1] == "no fault"


def test_one_event_is_shown_with_its_verdict() -> None:
    ran = fuzz("--seed", "5", "--event", "add:3")
    assert ran.returncode == 0
    shown = dict(line.split(maxsplit=1) for line in ran.stdout.splitlines() if " " in line)
    assert shown["verdict"] == "right"
    assert shown.keys() >= {"event", "expected", "answer", "log"}
