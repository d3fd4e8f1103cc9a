"""Runs command lines of Pilotlight, each in a process of its own with bounded memory and time.

A process that has imported what the commands need waits for command lines and forks for each of them, so that a command
costs no new start of Python. `python fenced_commands.py` is that process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

CPU_SECONDS: Final = 30
WALL_SECONDS: Final = 90
ADDRESS_SPACE: Final = 6 << 30
"""A last limit, for the sake of the machine. Tests look at what was used."""


class Ended(NamedTuple):
    """How a command ended.

    Attributes:
        code: The exit code; negative for a signal.
        out: stdout.
        err: stderr.
        seconds: The CPU time that it took. A machine that does other work changes it little.
        megabytes: The most memory that it used, beyond what was there at its start.
    """

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


@dataclass
class FencedCommands:
    """Runs commands in the folder `root`, with the environment variables `environ`."""

    root: Path
    process: subprocess.Popen[str]
    environ: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *argv: str, environ: Mapping[str, str] | None = None) -> Ended:
        """Runs `pilotlight ARGV`."""
        out, err = self.root / ".out", self.root / ".err"
        task = {
            "argv": [os.fsencode(each).hex() for each in argv],
            "cwd": str(self.root),
            "environ": {**self.environ, **(environ or {})},
            "out": str(out),
            "err": str(err),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process that runs the commands has ended"
        texts = [file.read_bytes().decode("utf-8", "surrogateescape") for file in (out, err)]
        found: dict[str, Any] = json.loads(line)
        return Ended(found["code"], *texts, found["seconds"], found["megabytes"])


@contextmanager
def fenced_commands(root: Path, environ: Mapping[str, str], *modules: str) -> Iterator[FencedCommands]:
    """Starts the process that runs commands.

    Args:
        root: The folder in which they run.
        environ: Their environment variables.
        modules: What it imports beforehand.
    """
    command = [sys.executable, __file__, *modules]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield FencedCommands(root, process, environ)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def _run(task: Mapping[str, Any]) -> None:
    from pilotlight.cli.app import run
    from pilotlight.cli.invocation import Invocation

    for number, name in ((1, "out"), (2, "err")):
        file = os.open(task[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    signal.alarm(WALL_SECONDS)
    os.chdir(task["cwd"])
    argv: Sequence[str] = [os.fsdecode(bytes.fromhex(each)) for each in task["argv"]]
    code = run(argv, Invocation(Path(task["cwd"]), task["environ"]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmRSS in /proc/self/status")


def main() -> None:
    """Runs one command for each line of stdin."""
    import importlib

    answers = os.fdopen(os.dup(1), "w")
    for module in ("pilotlight.cli.app", *sys.argv[1:]):
        importlib.import_module(module)
    for line in sys.stdin:
        task = json.loads(line)
        before = _resident_megabytes()
        child = os.fork()
        if child == 0:
            try:
                _run(task)
            finally:
                os._exit(99)
        _, status, used = os.wait4(child, 0)
        code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        found = {"code": code, "seconds": seconds, "megabytes": used.ru_maxrss / 1024 - before}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
