"""What keys and quotas cost a function: `python -m benchmarks.metering` (about four minutes).

- off: the runtime without a table beside the one of another commit, which is the last one without metering.
- on: the same runtime with a table and without one. The table is on loopback and answers 4 ms after each request, plain
  and over TLS with a chain of certificates like AWS's. The first answer waits for two calls of the table: whose key it
  is, and the charge. Each further answer waits for one.
- wrong keys: a tenant's answers alone, and among 10,000 requests with keys that nobody has, in the same function.

Cold is from the start of a process to its first answer. Warm is the median answer of a process, at once after the
answer before it, or after a pause of 5 ms as real callers make: then the processor's caches are as cold without a table
as they are after the wait for one. Both sides of each comparison run in turn, round after round, byte-compiled and
packed as in the layer. What else the machine does only adds to a time, so that the least of each side is compared with
the target; the medians are beside it. The exit code is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.compare import AS_IN_LAMBDA, ROOT, SITE, UNCOUNTED, Side, checkout, prepare
from benchmarks.metering_table import TENANT, run_table
from benchmarks.report import processor
from pilotlight_runtime.metering.keys import LIVE, make_key

CHILD: Final = Path(__file__).parent / "metering_child.py"
BEFORE: Final = "c3baa9c0"
"""The last commit without metering."""
PAUSE: Final = 0.005
COLD_EACH: Final = 5
"""Cold starts of each side a round."""
ANSWERS: Final = {"off": 2000, "on": 150, "wrong keys": 100}
"""Warm answers of one process."""
WRONG: Final = 10
"""Wrong keys before each answer: 10,000 in 10 rounds."""
WRONG_ROUNDS: Final = 10
MOST: Final = {"off": 1.01, "cold": 20.0, "warm": 4.5, "wrong keys": 1.2}
"""Targets: a ratio to the other commit, milliseconds more than without a table, and a ratio of 99th percentiles."""

Measure = Callable[[], float]
Found = dict[str, list[float]]
"""By the name of a side, milliseconds: one a round or a cold start."""


class Function(NamedTuple):
    """A function with its environment variables. key: with which it is asked."""

    side: Side
    environ: dict[str, str]
    key: str

    def run(self, count: int = 0, pause: float = 0.0, wrong: int = 0) -> dict[str, Any]:
        """One process; see metering_child. "cold": milliseconds until its first answer."""
        folders = map(str, (self.side.function, self.side.packages, SITE))
        command = [*self.side.python, str(CHILD), self.key, str(count), str(pause), str(wrong), *folders]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS"))}
        began = time.perf_counter()
        done = subprocess.run(
            command, env={**environ, **AS_IN_LAMBDA, **self.environ}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{self.side.name}: {done.stderr}")
        found: dict[str, Any] = ast.literal_eval(done.stdout)
        if not found["runtime"].startswith(str(self.side.packages)):
            raise SystemExit(f"{self.side.name}: answered with {found['runtime']}")
        return {**found, "cold": (found["first"] - began) * 1000}

    def start(self) -> float:
        """Milliseconds until the first answer."""
        return float(self.run()["cold"])

    def start_cpu(self) -> float:
        """Milliseconds of CPU time until the first answer."""
        return float(self.run()["process"] * 1000)

    def answer(self, count: int, pause: float = 0.0, kind: str = "wall") -> float:
        """Milliseconds of a warm answer."""
        return float(statistics.median(self.run(UNCOUNTED + count, pause)[kind][UNCOUNTED:]) * 1000)


def main(arguments: list[str]) -> int:
    """Measures and prints three tables."""
    options = _options(arguments)
    key = make_key(TENANT, LIVE, os.urandom)
    with (
        tempfile.TemporaryDirectory() as temporary,
        checkout(options.against, Path(temporary)) as other,
        run_table(Path(temporary), key) as environs,
    ):
        python = (sys.executable, "-I", "-S")
        this = prepare("this", ROOT, Path(temporary) / "this", python)
        before = prepare(options.against, other, Path(temporary) / "other", python)
        off, on = Function(this, {}, key), {name: Function(this, environ, key) for name, environ in environs.items()}
        print(f"{processor()}, {os.cpu_count()} processors, Python {platform.python_version()}\n")
        met = [
            *_compare_commits(off, Function(before, {}, key), options.rounds),
            *_compare_tables(off, on, options.rounds),
            _compare_keys(on["TLS"]),
        ]
    return int(not all(met))


def _compare_commits(this: Function, other: Function, rounds: int) -> Iterator[bool]:
    """Prints what the runtime takes without a table, beside another commit; yields whether each target is met."""
    print(f"off, ms{'':24}{'this':>9}{other.side.name[:12]:>14}{'ratio':>8}{'of medians':>12}   at most {MOST['off']}")
    cases: dict[str, tuple[Measure, Measure, int]] = {
        "cold": (this.start, other.start, COLD_EACH),
        "cold, CPU": (this.start_cpu, other.start_cpu, COLD_EACH),
        "warm": (lambda: this.answer(ANSWERS["off"]), lambda: other.answer(ANSWERS["off"]), 1),
    }
    for name, (ours, theirs, each) in cases.items():
        found = _measure({"this": ours, "other": theirs}, rounds * each)
        least = [min(times) for times in found.values()]
        usual = [statistics.median(times) for times in found.values()]
        ratio = least[0] / least[1]
        print(f"{name:31}{least[0]:9.3f}{least[1]:14.3f}{ratio:8.3f}{usual[0] / usual[1]:12.3f}")
        yield ratio <= MOST["off"]


def _compare_tables(off: Function, on: dict[str, Function], rounds: int) -> Iterator[bool]:
    """Prints what a table adds to an answer; yields whether each target is met."""
    print(f"\non, ms{'':25}{'off':>9}{'on':>9}{'more':>8}{'of medians':>12}{'at most':>9}")
    answers = ANSWERS["on"]
    cases: dict[str, tuple[Callable[[Function], Measure], int, float]] = {
        "cold": (lambda function: function.start, COLD_EACH, MOST["cold"]),
        "warm": (lambda function: lambda: function.answer(answers), 1, MOST["warm"]),
        "warm, after a pause": (lambda function: lambda: function.answer(answers, PAUSE), 1, MOST["warm"]),
        "warm, CPU, after a pause": (lambda function: lambda: function.answer(answers, PAUSE, "cpu"), 1, 0.0),
    }
    for name, (measure, each, most) in cases.items():
        found = _measure({kind: measure(function) for kind, function in {"off": off, **on}.items()}, rounds * each)
        for kind in on:
            least = min(found[kind]) - min(found["off"])
            usual = statistics.median(found[kind]) - statistics.median(found["off"])
            label = f"{name}, {kind}"
            bound = f"{most:9.1f}" if most else ""
            print(f"{label:31}{min(found['off']):9.3f}{min(found[kind]):9.3f}{least:8.3f}{usual:12.3f}{bound}")
            yield not most or least <= most


def _compare_keys(on: Function) -> bool:
    """Prints a tenant's answers alone and among wrong keys; returns whether the target is met."""
    found = {0: list[float](), WRONG: list[float]()}
    for number in range(WRONG_ROUNDS):
        for wrong in found if number % 2 else reversed(found):
            found[wrong] += on.run(ANSWERS["wrong keys"], wrong=wrong)["wall"]
    print(f"\nwrong keys, ms{'':17}{'alone':>9}{'among':>9}{'ratio':>8}{'at most':>21}")
    for percent in (50, 99):
        both = [statistics.quantiles(times, n=100)[percent - 1] * 1000 for times in found.values()]
        ratio = both[1] / both[0]
        label = f"{WRONG * len(found[WRONG]):,} wrong keys, p{percent}"
        bound = f"{MOST['wrong keys']:21.1f}" if percent == 99 else ""
        print(f"{label:31}{both[0]:9.3f}{both[1]:9.3f}{ratio:8.3f}{bound}")
    return ratio < MOST["wrong keys"]


def _measure(sides: dict[str, Measure], rounds: int) -> Found:
    """Each side once a round, in turn; one round more that fills the page cache."""
    found: Found = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, measure in sides.items() if number % 2 else reversed(sides.items()):
            cost = measure()
            if number:
                found[name].append(cost)
    return found


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.metering", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", default=BEFORE, metavar="COMMIT", help="a commit, or the folder of a checkout")
    parser.add_argument("--rounds", type=int, default=12)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
