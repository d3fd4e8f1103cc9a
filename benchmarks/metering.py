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
the target; the medians are beside it. Where valgrind is installed, instructions are counted too: they decide where a
ratio of times is within the noise. The exit code is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import shutil
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
ANSWERS: Final = {"off": 2000, "on": 150, "wrong keys": 100, "instructions": 300}
"""Warm answers of one process."""
WRONG: Final = 10
"""Wrong keys before each answer: 10,000 in 10 rounds."""
WRONG_ROUNDS: Final = 10
VALGRIND: Final = ("valgrind", "--tool=cachegrind", "--cache-sim=no")
MOST: Final = {"off": 1.01, "cold": 20.0, "warm": 4.5, "warm, after a pause": 4.5, "wrong keys": 1.2}
"""Targets: a ratio to the other commit, milliseconds more than without a table, and a ratio of 99th percentiles."""

Costs = dict[str, float]
"""Milliseconds, or millions of instructions, by what they are of."""
Found = dict[str, dict[str, list[float]]]
"""The same by what they are of, then by side: one a round."""


class Function(NamedTuple):
    """A function with its environment variables. key: with which it is asked."""

    side: Side
    environ: dict[str, str]
    key: str

    def run(self, count: int = 0, pause: float = 0.0, wrong: int = 0, under: tuple[str, ...] = ()) -> dict[str, Any]:
        """One process; see metering_child. "cold": milliseconds until its first answer. under: what runs it."""
        folders = map(str, (self.side.function, self.side.packages, SITE))
        command = [*under, *self.side.python, str(CHILD), self.key, str(count), str(pause), str(wrong), *folders]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS"))}
        environ |= AS_IN_LAMBDA | self.environ
        began = time.perf_counter()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.side.name}: {done.stderr}")
        found: dict[str, Any] = ast.literal_eval(done.stdout)
        if not found["runtime"].startswith(str(self.side.packages)):
            raise SystemExit(f"{self.side.name}: answered with {found['runtime']}")
        return {**found, "cold": (found["first"] - began) * 1000}

    def start(self) -> Costs:
        """A cold start."""
        found = self.run()
        return {"cold": found["cold"], "cold, CPU": found["process"] * 1000}

    def answer(self, name: str, count: int, pause: float = 0.0) -> Costs:
        """A warm answer."""
        found = self.run(UNCOUNTED + count, pause)
        wall, cpu = (statistics.median(found[kind][UNCOUNTED:]) * 1000 for kind in ("wall", "cpu"))
        return {name: wall, f"{name}, CPU": cpu}

    def instructions(self) -> Costs:
        """The instructions of a start and of an answer, without the kernel's."""
        answers = ANSWERS["instructions"]
        cold, warm = (self._count(count) for count in (0, answers))
        return {"cold, 10^6 instructions": cold, "warm, 10^6 instructions": (warm - cold) / answers}

    def _count(self, answers: int) -> float:
        with tempfile.NamedTemporaryFile() as file:
            self.run(answers, under=(*VALGRIND, f"--cachegrind-out-file={file.name}"))
            summary = Path(file.name).read_text(encoding="utf-8").rpartition("summary:")[2]
        return int(summary.split()[0]) / 1e6


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
    print(f"{'off, ms':35}{'this':>9}{other.side.name[:12]:>14}{'ratio':>8}{'of medians':>12}   at most {MOST['off']}")
    sides = {"this": this, "other": other}
    found = {
        **_measure(sides, Function.start, rounds * COLD_EACH),
        **_measure(sides, lambda function: function.answer("warm", ANSWERS["off"]), rounds),
        **_count(sides),
    }
    for name, costs in found.items():
        least, usual = ([pick(times) for times in costs.values()] for pick in (min, statistics.median))
        ratio = least[0] / least[1]
        print(f"{name:35}{least[0]:9.3f}{least[1]:14.3f}{ratio:8.3f}{usual[0] / usual[1]:12.3f}")
        yield ratio <= MOST["off"]


def _compare_tables(off: Function, on: dict[str, Function], rounds: int) -> Iterator[bool]:
    """Prints what a table adds to an answer; yields whether each target is met."""
    print(f"\n{'on, ms':35}{'off':>9}{'on':>9}{'more':>8}{'of medians':>12}{'at most':>9}")
    sides, count = {"off": off, **on}, ANSWERS["on"]
    found = {
        **_measure(sides, Function.start, rounds * COLD_EACH),
        **_measure(sides, lambda function: function.answer("warm", count), rounds),
        **_measure(sides, lambda function: function.answer("warm, after a pause", count, PAUSE), rounds),
        **_count(sides),
    }
    for name, costs in found.items():
        most = MOST.get(name)
        for kind in on:
            least = min(costs[kind]) - min(costs["off"])
            usual = statistics.median(costs[kind]) - statistics.median(costs["off"])
            label, bound = f"{name}, {kind}", "" if most is None else f"{most:9.1f}"
            print(f"{label:35}{min(costs['off']):9.3f}{min(costs[kind]):9.3f}{least:8.3f}{usual:12.3f}{bound}")
            yield most is None or least <= most


def _compare_keys(on: Function) -> bool:
    """Prints a tenant's answers alone and among wrong keys; returns whether the target is met."""
    found = {0: list[float](), WRONG: list[float]()}
    for number in range(WRONG_ROUNDS):
        for wrong in found if number % 2 else reversed(found):
            found[wrong] += on.run(ANSWERS["wrong keys"], wrong=wrong)["wall"]
    print(f"\n{'wrong keys, ms':35}{'alone':>9}{'among':>9}{'ratio':>8}{'at most':>21}")
    for percent in (50, 99):
        both = [statistics.quantiles(times, n=100)[percent - 1] * 1000 for times in found.values()]
        ratio = both[1] / both[0]
        label = f"{WRONG * len(found[WRONG]):,} wrong keys, p{percent}"
        bound = f"{MOST['wrong keys']:21.1f}" if percent == 99 else ""
        print(f"{label:35}{both[0]:9.3f}{both[1]:9.3f}{ratio:8.3f}{bound}")
    return ratio < MOST["wrong keys"]


def _measure(sides: dict[str, Function], measure: Callable[[Function], Costs], rounds: int) -> Found:
    """Each side once a round, in turn; one round more that fills the page cache."""
    found: Found = {}
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {rounds} rounds of {', '.join(sides)}\n")
    for number in range(rounds + 1):
        for side, function in sides.items() if number % 2 else reversed(sides.items()):
            for name, cost in measure(function).items():
                times = found.setdefault(name, {each: [] for each in sides})
                times[side] += [cost] if number else []
    return found


def _count(sides: dict[str, Function]) -> Found:
    """Instructions, where valgrind is installed. Once is enough: what else the machine does adds none."""
    if shutil.which(VALGRIND[0]) is None:
        return {}
    costs = {side: function.instructions() for side, function in sides.items()}
    return {name: {side: [costs[side][name]] for side in sides} for name in next(iter(costs.values()))}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.metering", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", default=BEFORE, metavar="COMMIT", help="a commit, or the folder of a checkout")
    parser.add_argument("--rounds", type=int, default=12)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
