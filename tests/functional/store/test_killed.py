"""A publish that dies at any point leaves nothing visible, and the next one completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.store import make_candidate, publish

from pilotlight.store import FolderBlobs, Store

TESTS = Path(__file__).parents[2]
WEIGHTS = b"w" * 300_000

DIES_BETWEEN_PUTS = """
import os, signal, sys
from pathlib import Path
from pilotlight.store import FolderBlobs, Store
from support.store import make_candidate, publish

class Dies(FolderBlobs):
    left = int(sys.argv[3])
    def _put(self, name, content):
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return super()._put(name, content)

publish(Store(Dies(Path(sys.argv[1]))), make_candidate(Path(sys.argv[2]), weights=b"w" * 300_000))
"""

DIES_IN_A_FILE = """
import resource, signal, sys
from pathlib import Path
from pilotlight.store import FolderBlobs, Store
from support.store import make_candidate, publish

candidate = make_candidate(Path(sys.argv[2]), weights=b"w" * 300_000)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the kernel kills the process at the write that passes the limit
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
publish(Store(FolderBlobs(Path(sys.argv[1]))), candidate)
"""


def run(script: str, tmp_path: Path, *arguments: str) -> int:
    command = [sys.executable, "-c", script, str(tmp_path / "store"), str(tmp_path / "candidate"), *arguments]
    return subprocess.run(command, env={"PYTHONPATH": str(TESTS)}, check=False, timeout=60).returncode


def assert_invisible_then_completed(tmp_path: Path) -> None:
    store = Store(FolderBlobs(tmp_path / "store"))
    assert store.survey("digits").versions == ()
    published = publish(store, make_candidate(tmp_path / "candidate", weights=WEIGHTS))
    assert published.new
    assert store.survey("digits").versions == (published.manifest,)
    stored = tmp_path / "store" / "digits" / published.manifest.version / "data" / "weights.bin"
    assert stored.read_bytes() == WEIGHTS


@pytest.mark.parametrize("puts", [0, 1, 2])
def test_killed_between_two_files(tmp_path: Path, puts: int) -> None:
    assert run(DIES_BETWEEN_PUTS, tmp_path, str(puts)) == -signal.SIGKILL
    assert_invisible_then_completed(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="kills by a file size limit, which Linux delivers as SIGXFSZ")
def test_killed_within_a_file(tmp_path: Path) -> None:
    assert run(DIES_IN_A_FILE, tmp_path) == -signal.SIGXFSZ
    assert [path.stat().st_size for path in (tmp_path / "store" / ".aside").iterdir()] == [100_000]
    assert_invisible_then_completed(tmp_path)
