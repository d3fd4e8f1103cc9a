"""The table of commands and points: `make crashpoints`, or python -m support.crash [--sample] [COMMAND ...]."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from support.crash.commands import COMMANDS
from support.crash.points import MODES, Trial
from support.crash.seccomp import is_available

_SHOWN: Final = 5
"""How many of a command's failed points are listed."""


def main() -> int:
    """Try commands, print a line for each, and list the points that were not finished."""
    parser = argparse.ArgumentParser(prog="python -m support.crash", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="only some points of each command, as the tests do")
    parser.add_argument("--mode", action="append", choices=MODES, help="only this way to stop it")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=f"some of: {', '.join(COMMANDS)}")
    given = parser.parse_args()
    if not is_available():
        sys.stderr.write("this needs seccomp's user notification: Linux 5.5 or later on x86_64 or aarch64\n")
        return 2
    sys.stdout.write(f"{'command':34} {'points':>6} {'tried':>6} {'finished':>8} {'seconds':>7}\n")
    failed = 0
    for name in given.commands or COMMANDS:
        failed += _try(name, sample=given.sample, modes=given.mode or MODES)
    return 1 if failed else 0


def _try(name: str, *, sample: bool, modes: list[str]) -> int:
    command = COMMANDS[name]
    began = time.monotonic()
    memory = Path("/dev/shm")  # noqa: S108  (a file system in memory: fsync waits for no disk)
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as box:
        trial = Trial(command, Path(box).resolve())
        points = list(trial.points(command.sample if sample else command.most, modes))
        failed = [point for point in points if point.problems]
        seconds = time.monotonic() - began
        done = len(points) - len(failed)
        sys.stdout.write(f"{name:34} {len(trial.calls):6} {len(points):6} {done:8} {seconds:7.1f}\n")
        shown = [f"    {point}\n".replace(f"{box}/", "") for point in failed]
        sys.stdout.writelines(shown[:_SHOWN])
        if shown[_SHOWN:]:
            sys.stdout.write(f"    and {len(shown) - _SHOWN} more\n")
        sys.stdout.flush()
    return len(failed)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
