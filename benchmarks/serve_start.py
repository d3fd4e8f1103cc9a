"""Compares `pilotlight serve` with another commit's: `python -m benchmarks.serve_start --against COMMIT`.

It starts the server in turn from both trees, on one project with tiny models, and measures from the start of the
process: the time until the first answer, the CPU time and the memory of all its processes after that answer, and one
warm answer over HTTP. Both sides use the packages of this environment and the same project. A ratio is the median of
the rounds' ratios, so that what else the machine does falls on both alike. It needs Linux's /proc.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.compare import checkout
from benchmarks.measure import proportional_bytes, tree_of
from benchmarks.serve_project import FIRST_MODEL, REQUEST, make_project

ROOT: Final = Path(__file__).parents[1]
PATH: Final = f"/v2/models/{FIRST_MODEL}/infer"
WARM: Final = 200
"""Warm answers a round, after as many uncounted ones as UNCOUNTED."""
UNCOUNTED: Final = 20
SECONDS: Final = 60.0
"""The longest wait for a server's start or end."""


class Side(NamedTuple):
    """A checkout that is measured. tree: its folder. project: a copy of the project."""

    name: str
    tree: Path
    project: Path


class Cost(NamedTuple):
    """What one start costs."""

    first_answer_ms: float
    cpu_ms: float
    warm_answer_ms: float
    memory_mb: float


def main(arguments: list[str]) -> int:
    """Measures and prints a table."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as temporary, checkout(options.against, Path(temporary)) as other:
        project = Path(temporary) / "project"
        make_project(project, options.models)
        sides = [Side("this", ROOT, project), Side(options.against, other, project)]
        found = measure(sides, options.rounds)
    print(table(found, sides, options.models))
    return 0


def measure(sides: list[Side], rounds: int) -> dict[str, list[Cost]]:
    """Each side once a round, in turn; one round more that fills the page cache and compiles the modules."""
    found: dict[str, list[Cost]] = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            cost = _start(side)
            if number:
                found[side.name].append(cost)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} round {number}/{rounds}\n")
    return found


def table(found: dict[str, list[Cost]], sides: list[Side], models: int) -> str:
    """Medians of each side, and the median of the rounds' ratios."""
    this, other = (side.name for side in sides)
    lines = [f"{f'{models} models':22}{this:>10}{other[:12]:>14}{'ratio':>8}"]
    for kind in Cost._fields:
        pairs = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(found[this], found[other], strict=True)]
        ours, theirs = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        lines.append(f"{kind:22}{ours:10.2f}{theirs:14.2f}{ratio:8.3f}")
    return "\n".join(lines)


def _start(side: Side) -> Cost:
    """One server, from the start of its process to its end."""
    began = time.perf_counter()
    with _running(side) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        _ask(connection)
        first = (time.perf_counter() - began) * 1000
        processes = tree_of(process.pid)
        memory = sum(map(proportional_bytes, processes)) / 1e6
        cpu = sum(map(_cpu_seconds, processes)) * 1000
        warm = statistics.median(_timed(connection) for _ in range(UNCOUNTED + WARM))
        connection.close()
    return Cost(first, cpu, warm, memory)


@contextmanager
def _running(side: Side) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server, and the port that it prints when it is ready."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PILOTLIGHT"))}
    environ["PYTHONPATH"] = os.pathsep.join(map(str, (side.tree, side.tree / "layers" / "runtime")))
    command = [sys.executable, "-m", "pilotlight", "serve", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as scratch,  # an older server leaves its files there
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, cwd=side.project, env={**environ, "TMPDIR": scratch}, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process, _read_port(process, side)
        finally:
            process.terminate()  # a command in the background may ignore Ctrl-C's signal
            process.wait(SECONDS)


def _read_port(process: subprocess.Popen[str], side: Side) -> int:
    for line in process.stdout or ():
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise SystemExit(f"{side.name}: the server did not start")


def _ask(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", PATH, REQUEST, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        raise SystemExit(f"answered {response.status}: {answer}")


def _timed(connection: http.client.HTTPConnection) -> float:
    began = time.perf_counter()
    _ask(connection)
    return (time.perf_counter() - began) * 1000


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its ended children (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serve_start", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", required=True, metavar="COMMIT", help="a commit, or the folder of a checkout")
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
