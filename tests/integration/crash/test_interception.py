"""The harness itself: it stops a program where it says, and it sees what a careless program leaves."""

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.crash.seccomp import is_available

TESTS = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not is_available(), reason="needs seccomp's user notification: Linux 5.5 or later")

CARELESS = """
import json, subprocess, sys
from pathlib import Path
from support.crash.intercept import Action, run_forked

folder, at, action = Path(sys.argv[1]), int(sys.argv[2]), Action(sys.argv[3])

def careless():
    (folder.parent / "elsewhere").write_text("not counted")
    (folder / "first").write_text("one")
    try:
        (folder / "second").write_text("twotwo")
    except OSError as error:
        return error.errno
    # A child process counts too.
    return subprocess.run(["touch", folder / "third"]).returncode

ended = run_forked(careless, folder, lambda number, call: action if number == at else Action.ALLOW)
calls = [f"{call.syscall.name} {Path(call.path).name}" for call in ended.calls]
print(json.dumps([ended.code, calls]))
"""
CALLS = ["openat first", "write first", "openat second", "write second", "openat third", "utimensat third"]


def stop(folder: Path, at: int, action: str) -> tuple[int, list[str], dict[str, str]]:
    """The exit code, the calls, and the files that are left."""
    folder.mkdir()
    argv = [sys.executable, "-c", CARELESS, str(folder), str(at), action]
    ran = subprocess.run(argv, env={"PYTHONPATH": str(TESTS), "PATH": "/usr/bin:/bin"}, capture_output=True, check=True)
    code, calls = json.loads(ran.stdout)
    return code, calls, {path.name: path.read_text() for path in folder.iterdir()}


def test_every_call_of_the_process_and_its_children_is_seen(tmp_path: Path) -> None:
    code, calls, files = stop(tmp_path / "watched", -1, "allow")
    assert (code, calls) == (0, CALLS)
    assert files == {"first": "one", "second": "twotwo", "third": ""}


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (0, {}),
        (1, {"first": ""}),
        (2, {"first": "one"}),
        (3, {"first": "one", "second": ""}),
        (4, {"first": "one", "second": "twotwo"}),
    ],
)
def test_a_kill_comes_before_the_call(tmp_path: Path, at: int, left: dict[str, str]) -> None:
    code, calls, files = stop(tmp_path / "watched", at, "kill")
    assert code == -signal.SIGKILL
    assert calls == CALLS[: at + 1]
    assert files == left


def test_a_write_can_be_torn(tmp_path: Path) -> None:
    code, _, files = stop(tmp_path / "watched", 3, "tear")
    assert code == -signal.SIGKILL
    assert files == {"first": "one", "second": "two"}


def test_a_call_can_be_refused(tmp_path: Path) -> None:
    code, _, files = stop(tmp_path / "watched", 2, "refuse")
    assert code == errno.ENOSPC
    assert files == {"first": "one"}
