"""Compares this checkout's runtime with another's: `python -m benchmarks.compare --against COMMIT`.

It measures cold starts (a fresh process until its first answer) and warm answers, in wall time and in CPU time. The
model does next to nothing, so that all the time is Python's, ONNX Runtime's start and the runtime's own. Both sides use
the packages of this environment and their own byte-compiled runtime. Rounds of both sides are interleaved, and a ratio
is the median of the rounds' ratios, so that what else the machine does falls on both alike. Trust the CPU time where
the machine is busy.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, Final, NamedTuple

from benchmarks.handler import events, write_model

ROOT: Final = Path(__file__).parents[1]
CHILD: Final = Path(__file__).parent / "compare_child.py"
AS_IN_LAMBDA: Final = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
UNCOUNTED: Final = 20
"""Warm answers at the beginning of each process."""


class Side(NamedTuple):
    """A checkout that is measured. packages: the folder of its runtime. function: the folder of the function."""

    name: str
    packages: Path
    function: Path


class Cost(NamedTuple):
    """Milliseconds of wall time and of CPU time."""

    wall: float
    cpu: float


Rounds = dict[str, dict[str, list[Cost]]]
"""By measurement, then by side: one cost a round."""


def main(arguments: list[str]) -> int:
    """Measures and prints a table; 1 where a ratio of CPU time is above --limit."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as temporary, checkout(options.against, Path(temporary)) as other:
        sides = [
            _prepare("this", ROOT, Path(temporary) / "this"),
            _prepare(options.against, other, Path(temporary) / "other"),
        ]
        found = measure(sides, options.rounds, options.answers)
    print(table(found, sides))
    worst = max(_ratio(costs, sides, "cpu") for costs in found.values())
    return int(options.limit is not None and worst > options.limit)


def measure(sides: list[Side], rounds: int, answers: int) -> Rounds:
    """Every measurement of every side once a round, the sides in turn; one round more that fills the page cache."""
    requests = _requests()
    found: Rounds = {name: {side.name: [] for side in sides} for name in ("cold start", *requests)}
    for number in range(rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            costs = {"cold start": _cold(side, requests["JSON"])}
            costs |= {name: _warm(side, event, answers) for name, event in requests.items()}
            for name, cost in costs.items():
                if number:
                    found[name][side.name].append(cost)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} round {number}/{rounds}\n")
    return found


def table(found: Rounds, sides: list[Side]) -> str:
    """Medians of each side, and the median of the rounds' ratios."""
    this, other = sides
    lines = [f"{'milliseconds':22}{this.name:>10}{other.name[:12]:>14}{'ratio':>8}"]
    for name, costs in found.items():
        for kind in Cost._fields:
            ours, theirs = (statistics.median(getattr(cost, kind) for cost in costs[side.name]) for side in sides)
            label = f"{name}, {'CPU' if kind == 'cpu' else kind}"
            lines.append(f"{label:22}{ours:10.3f}{theirs:14.3f}{_ratio(costs, sides, kind):8.3f}")
    return "\n".join(lines)


def _ratio(costs: dict[str, list[Cost]], sides: list[Side], kind: str) -> float:
    pairs = zip(*(costs[side.name] for side in sides), strict=True)
    ratios = [float(getattr(ours, kind) / getattr(theirs, kind)) for ours, theirs in pairs]
    return statistics.median(ratios)


def _requests() -> dict[str, Any]:
    """One picture each: JSON and binary through a REST API, and a direct invocation."""
    in_json, in_binary = events(1)
    return {"JSON": in_json, "binary": in_binary, "direct": json.loads(in_json["body"])}


def _cold(side: Side, event: Any, processes: int = 3) -> Cost:
    """From the start of a process to its end after one answer: the median of some processes."""
    costs = []
    for _ in range(processes):
        began = time.perf_counter()
        cpu = _run(side, event, 1)["process"]
        costs.append(Cost((time.perf_counter() - began) * 1000, cpu * 1000))
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def _warm(side: Side, event: Any, answers: int) -> Cost:
    """The median answer of a process that is warm."""
    done = _run(side, event, UNCOUNTED + answers)
    return Cost(*(statistics.median(done[kind][UNCOUNTED:]) * 1000 for kind in Cost._fields))


def _run(side: Side, event: Any, count: int) -> dict[str, Any]:
    command = [sys.executable, str(CHILD), str(side.function), str(count)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {**AS_IN_LAMBDA, "PYTHONPATH": str(side.packages)}
    nowhere = subprocess.DEVNULL
    done = subprocess.run(
        command, input=json.dumps(event), env=environ, check=True, stdout=subprocess.PIPE, stderr=nowhere, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["statuses"] != [200] or not found["runtime"].startswith(str(side.packages)):
        raise SystemExit(f"{side.name}: answered {found['statuses']} with {found['runtime']}")
    return found


def _prepare(name: str, checkout: Path, into: Path) -> Side:
    """Copies the checkout's runtime, byte-compiled, and packages a function with its app.py of the model digits."""
    packages, function = into / "python", into / "function"
    runtime = checkout / "layers" / "runtime" / "pilotlight_runtime"
    shutil.copytree(runtime, packages / runtime.name, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(packages, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    function.mkdir()
    write_model(function)
    shutil.copy(checkout / "functions" / "digits" / "app.py", function)
    return Side(name, packages, function)


@contextmanager
def checkout(against: str, temporary: Path) -> Iterator[Path]:
    """The folder `against`, or a temporary worktree of the commit of that name."""
    if Path(against).is_dir():
        yield Path(against)
        return
    tree = temporary / "worktree"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(tree), against], check=True)
    try:
        yield tree
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", required=True, metavar="COMMIT", help="a commit, or the folder of a checkout")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--answers", type=int, default=300, help="warm answers of each process")
    parser.add_argument("--limit", type=float, help="exit with 1 where a ratio of CPU time is above it, such as 1.02")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
