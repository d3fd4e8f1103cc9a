"""Compares this checkout's runtime with another's: `python -m benchmarks.compare --against COMMIT`.

It measures cold starts (a fresh process until its first answer) and warm answers, in wall time and in CPU time. The
model does next to nothing, so that all the time is Python's, ONNX Runtime's start and the runtime's own. Both sides use
the packages of this environment and their own byte-compiled runtime. With --bare the interpreter starts with -I and -S,
as our own client starts it, so that everything that a function imports counts, and --modules lists it. Rounds of both
sides are interleaved, and a ratio is the median of the rounds' ratios, so that what else the machine does falls on both
alike. Trust the CPU time where the machine is busy.
"""

from __future__ import annotations

import argparse
import ast
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
from typing import Any, Final, NamedTuple

import onnxruntime

from benchmarks.handler import events, write_model
from pilotlight.packaging.bytecode import Compiler, compile_folder
from pilotlight.packaging.module_archive import archive_modules

ROOT: Final = Path(__file__).parents[1]
CHILD: Final = Path(__file__).parent / "compare_child.py"
AS_IN_LAMBDA: Final = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
UNCOUNTED: Final = 20
"""Warm answers at the beginning of each process."""


SITE: Final = Path(onnxruntime.__file__).parents[1]


class Side(NamedTuple):
    """A checkout that is measured.

    packages: the folder of its runtime. function: the folder of the function. python: the interpreter and its options.
    """

    name: str
    packages: Path
    function: Path
    python: tuple[str, ...]


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
        python = (options.python, *(("-I", "-S") if options.bare else ()))
        sides = [
            prepare("this", ROOT, Path(temporary) / "this", python),
            prepare(options.against, other, Path(temporary) / "other", python),
        ]
        if options.modules:
            for side in sides:
                print(f"{side.name} imports: {' '.join(_run(side, 'JSON', 1)['modules'])}")
        found = measure(sides, options.rounds, options.answers)
    print(table(found, sides))
    worst = max(_ratio(costs, sides, "cpu") for costs in found.values())
    return int(options.limit is not None and worst > options.limit)


def measure(sides: list[Side], rounds: int, answers: int) -> Rounds:
    """Every measurement of every side once a round, the sides in turn; one round more that fills the page cache."""
    requests = [*_requests()]
    found: Rounds = {name: {side.name: [] for side in sides} for name in ("cold start", *requests)}
    for number in range(rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            costs = {"cold start": _cold(side, "JSON")}
            costs |= {name: _warm(side, name, answers) for name in requests}
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


def _cold(side: Side, request: str, processes: int = 3) -> Cost:
    """From the start of a process to its end after one answer: the median of some processes."""
    costs = []
    for _ in range(processes):
        began = time.perf_counter()
        cpu = _run(side, request, 1)["process"]
        costs.append(Cost((time.perf_counter() - began) * 1000, cpu * 1000))
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def _warm(side: Side, request: str, answers: int) -> Cost:
    """The median answer of a process that is warm."""
    done = _run(side, request, UNCOUNTED + answers)
    return Cost(*(statistics.median(done[kind][UNCOUNTED:]) * 1000 for kind in Cost._fields))


def _run(side: Side, request: str, count: int) -> dict[str, Any]:
    folders = map(str, (side.function, side.packages, SITE))
    command = [*side.python, str(CHILD), request, str(count), *folders]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= AS_IN_LAMBDA
    nowhere = subprocess.DEVNULL
    done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, stderr=nowhere, text=True)
    found: dict[str, Any] = ast.literal_eval(done.stdout)
    if found["statuses"] != [200] or not found["runtime"].startswith(str(side.packages)):
        raise SystemExit(f"{side.name}: answered {found['statuses']} with {found['runtime']}")
    return found


def prepare(name: str, checkout: Path, into: Path, python: tuple[str, ...]) -> Side:
    """Copies the checkout's runtime, byte-compiled, and packages a function with its app.py of the model digits."""
    compiler = Compiler((python[0],), python[0])
    packages, function = into / "python", into / "function"
    runtime = checkout / "layers" / "runtime" / "pilotlight_runtime"
    shutil.copytree(runtime, packages / runtime.name, ignore=shutil.ignore_patterns("__pycache__"))
    compile_folder(packages, str(packages), compiler)
    if (packages / runtime.name / "archive.py").is_file():
        archive_modules(packages / runtime.name)
    function.mkdir()
    write_model(function)
    shutil.copy(checkout / "functions" / "digits" / "app.py", function)
    (function / "sample_requests.py").write_text(f"REQUESTS = {_requests()!r}\n", encoding="utf-8")
    compile_folder(function, str(function), compiler)
    return Side(name, packages, function, python)


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
    parser.add_argument("--bare", action="store_true", help="start the interpreter with -I and -S, as our client does")
    parser.add_argument("--modules", action="store_true", help="list what a cold start imports")
    parser.add_argument("--python", default=sys.executable, help="the interpreter; this one if it is not given")
    parser.add_argument("--limit", type=float, help="exit with 1 where a ratio of CPU time is above it, such as 1.02")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
