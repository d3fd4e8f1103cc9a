"""`pilotlight serve` as a process of its own, on a free port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Served(NamedTuple):
    """address: such as http://127.0.0.1:41234. log: the file that its stderr goes to."""

    address: str
    log: Path
    process: subprocess.Popen[str]


@contextmanager
def served(root: Path, *names: str) -> Iterator[Served]:
    """`pilotlight serve NAMES` in the project at `root`, whose store is root/the-store, until the block ends."""
    command = [sys.executable, "-m", "pilotlight", "serve", *names, "--port", "0"]
    environ = {**os.environ, "PILOTLIGHT_STORE": str(root / "the-store")}
    log = root / "serve.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield Served(_address(process, log), log, process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"Serving on (http://127\.0\.0\.1:\d+)", line)
        if found:
            return found[1]
    raise AssertionError(f"it did not start: {log.read_text()}")
