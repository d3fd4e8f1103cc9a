"""Each command that writes is stopped at its file-changing system calls, and the same command finishes the work.

These are a sample of the points. PILOTLIGHT_CRASH_POINTS=all takes every one, and `make crashpoints` prints a table.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.crash.commands import COMMANDS
from support.crash.seccomp import is_available

TESTS = Path(__file__).parents[2]
EVERY = os.environ.get("PILOTLIGHT_CRASH_POINTS") == "all"


@pytest.mark.skipif(not is_available(), reason="needs seccomp's user notification: Linux 5.5 or later")
@pytest.mark.timeout(3600 if EVERY else 600)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda name: f"{name} - {'every point' if EVERY else 'a sample'}")
def test_the_same_command_finishes_the_work(command: str) -> None:
    argv = [sys.executable, "-m", "support.crash", *([] if EVERY else ["--sample"]), command]
    environ = {**os.environ, "PYTHONPATH": str(TESTS), "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
