"""Compares how this checkout reads csv files with another: `python -m benchmarks.read_csv --against COMMIT`.

It writes tables of each kind into a temporary folder, and reads each in a fresh process of each side, as `load_table`
does before it splits. Rounds of both sides are interleaved. Trust the CPU time where the machine is busy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.compare import ROOT, checkout

MEGABYTE: Final = 1_000_000
_ROWS: Final = 10_000
"""Written at once."""
_CHILD: Final = """
import json, resource, sys, time
from pathlib import Path
from pilotlight.training.data.load_table import read_table
wall, cpu = time.perf_counter(), time.process_time()
table = read_table(Path(sys.argv[1]), "table.csv", "target", None, {})
costs = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(costs | {"peak": peak, "rows": len(table.target)}))
"""


def write_words(draw: np.random.Generator) -> Iterator[str]:
    """Yields rows of words, blanks, dates, truths, and texts in quotes."""
    yield "age,fare,count,city,sex,member,joined,note,blank,target"
    age, count, city = (draw.integers(0, most, _ROWS).tolist() for most in (90, 10**6, 3000))
    fare, blank = draw.random(_ROWS).tolist(), draw.random(_ROWS).tolist()
    for place in range(_ROWS):
        sex, member = ("female", "true") if age[place] % 2 else ("male", "false")
        measured = "" if blank[place] < 0.1 else f"{blank[place]:.3f}"
        note = f'"from {city[place] % 7}, twice"'
        joined = f"2024-03-{age[place] % 28 + 1:02d}"
        start = f"{age[place]},{fare[place] * 100:.4f},{count[place]},city {city[place]}"
        yield f"{start},{sex},{member},{joined},{note},{measured},{'yes' if member == 'true' else 'no'}"


def write_numbers(draw: np.random.Generator, form: str = ".5f", mark: str = ".", delimiter: str = ",") -> Iterator[str]:
    """Yields rows of numbers. form: how they are written. mark: their decimal mark."""
    yield delimiter.join([*(f"x{place}" for place in range(12)), "target"])
    for row in draw.normal(size=(_ROWS, 12)).tolist():
        cells = [format(value, form).replace(".", mark) for value in row]
        yield delimiter.join([*cells, f"c{int(row[0] > 0)}"])


KINDS: Final[dict[str, Callable[[np.random.Generator], Iterator[str]]]] = {
    "words, blanks, dates": write_words,
    "numbers of 5 decimals": write_numbers,
    "numbers of 17 digits": lambda draw: write_numbers(draw, ".17g"),
    "decimal commas": lambda draw: write_numbers(draw, ".5f", ",", ";"),
}


def write_table(path: Path, kind: str, size: int) -> None:
    """Writes a table.

    Args:
        path: The file.
        kind: One of KINDS.
        size: Its bytes, about.
    """
    header, *rows = KINDS[kind](np.random.default_rng(0))
    text = "".join(f"{row}\n" for row in rows)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        for _ in range(max(1, size // len(text))):
            file.write(text)


def main(arguments: list[str]) -> int:
    """Measures and prints a table."""
    options = _options(arguments)
    print("| table | side | MB/s, CPU time | MB/s, wall time | most memory, MiB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary, checkout(options.against, Path(temporary)) as other:
        sides = {options.against[:12]: other, "this": ROOT}
        for kind in KINDS:
            path = Path(temporary) / "table.csv"
            write_table(path, kind, options.megabytes * MEGABYTE)
            found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, folder in sides.items():
                    found[side].append(_read(path, folder))
            for side, costs in found.items():
                print(f"| {kind} | {side} | {_describe(path, costs)} |", flush=True)
    return 0


def _describe(path: Path, costs: list[dict[str, Any]]) -> str:
    size = path.stat().st_size / MEGABYTE
    cpu, wall = (size / statistics.median(cost[kind] for cost in costs) for kind in ("cpu", "wall"))
    return f"{cpu:.1f} | {wall:.1f} | {max(cost['peak'] for cost in costs):.0f}"


def _read(path: Path, folder: Path) -> dict[str, Any]:
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (folder, folder / "layers" / "runtime")))}
    command = [sys.executable, "-c", _CHILD, str(path)]
    done = subprocess.run(command, env=environ, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.read_csv", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", required=True, metavar="COMMIT", help="a commit, or the folder of a checkout")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=100)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
