"""`make demo-service` sells a model: exactly the plan's answers, usage that the log confirms, and an invoice."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_demo_answers_as_often_as_the_plan_allows_and_writes_the_invoice() -> None:
    command = [sys.executable, "-m", "scripts.demo_service"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 20 x 200\n" in done.stdout
    assert " 30 x 429\n" in done.stdout
    assert "what the log sums up to" in done.stdout
    invoice = next(line for line in done.stdout.splitlines() if line.endswith(".json"))
    assert json.loads(Path(invoice).read_text())["lines"][0]["micro_dollars"] == 18_000
