"""What reaches the terminal, seen from outside the process."""

import subprocess
import sys

CODE = """
import os, sys
from pilotlight.core.process_output import hide_native_logs
try:
    with hide_native_logs():
        print("printed")
        os.write(2, b"I0000 00:00:1795486260.383376   15697 port.cc:153] oneDNN custom operations are on.\\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
        os.write(2, b"E0000 00:00:1795486260.383376   15697 cuda.cc:1] failed\\n")
        sys.stderr.write("a person's own line\\n")
        {last}
finally:
    sys.stderr.write("after\\n")
"""


def run(last: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", CODE.format(last=last)], capture_output=True, check=False, text=True)


def test_chatter_goes_and_the_rest_stays_on_stderr() -> None:
    done = run("pass")
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "printed",
        "E0000 00:00:1795486260.383376   15697 cuda.cc:1] failed",
        "a person's own line",
        "after",
    ]


def test_nothing_is_lost_when_an_error_leaves() -> None:
    done = run("raise KeyError('k')")
    assert done.returncode == 1
    assert "a person's own line\nafter\n" in done.stderr
    assert done.stderr.endswith("KeyError: 'k'\n")


RESERVED = """
import os, subprocess, sys
from pilotlight.core.process_output import reserve_stdout
reserve_stdout()
os.write(1, b"native\\n")
subprocess.run(["echo", "a program"])
print("the result")
print("an error", file=sys.stderr)
"""


def test_stdout_holds_what_python_prints_there_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", RESERVED], capture_output=True, check=True, text=True)
    assert done.stdout == "the result\n"
    assert sorted(done.stderr.splitlines()) == ["a program", "an error", "native"]


def test_a_process_without_stdout_starts_all_the_same() -> None:
    code = RESERVED.replace('os.write(1, b"native\\n")', "").replace('subprocess.run(["echo", "a program"])', "")
    command = ["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, code]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "an error\n")
