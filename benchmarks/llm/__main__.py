"""Compares language models with their peers: `python -m benchmarks.llm --install`, from the repository's root."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.install import Pythons
from benchmarks.llm import report
from benchmarks.llm.compare import Failure, compare, middle
from benchmarks.llm.contenders import Round
from benchmarks.llm.dollars import TokenCost, token_costs
from benchmarks.llm.figures import OURS, compute_ratios
from benchmarks.llm.functions import Function
from benchmarks.llm.install import find_base_python
from benchmarks.llm.others import GENERATION, OTHERS, run_others
from benchmarks.llm.ours import TASK, prepare
from benchmarks.llm.report import Found
from benchmarks.llm.roster import TITLES, Workshop, make_contenders
from benchmarks.llm.turns import Turns, measure_turns
from benchmarks.llm.weights import find_gguf
from pilotlight.bench.prices import Prices
from pilotlight.bench.tools import find_python
from pilotlight.core.errors import UserError

ROOT: Final = Path(__file__).parents[2]
WORK: Final = ROOT / "build" / "bench-llm"
TURNS: Final = "turns"
ROUNDS_OF_TURNS: Final = 3
THREADS: Final = (1, 2)


def main(arguments: list[str]) -> int:
    """Installs, measures, writes; 1 where a target is missed or something could not be measured."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended on the way out
    try:
        found = _measure(options)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    options.into.mkdir(parents=True, exist_ok=True)
    (options.into / "results.json").write_text(json.dumps(report.as_json(found), indent=1) + "\n", encoding="utf-8")
    table = report.as_markdown(found)
    (options.into / "table.md").write_text(table, encoding="utf-8")
    print(table)
    if options.docs:
        page = options.docs.read_text(encoding="utf-8")
        options.docs.write_text(report.write_into(page, report.as_documentation(found)), encoding="utf-8")
    failed = bool(found.failures) or any(each.why for each in found.others)
    return int(failed or not all(each.reached for each in found.ratios))


def _measure(options: argparse.Namespace) -> Found:
    chosen = options.only or [*TITLES, TURNS, *OTHERS]
    python = find_base_python(Path(options.python) if options.python else find_python() or Path(sys.executable))
    machine = {"processor": _processor(), "system": platform.platform(), "python": _version(python)}
    found = Found({**machine, "commit": _commit()}, options.rounds)
    if {*TITLES, TURNS, GENERATION} & {*chosen}:
        found = _measure_served(chosen, Pythons(python, machine["python"]), options, found)
    parts = [name for name in OTHERS if name in chosen]
    return found._replace(others=run_others(parts, ROOT, WORK / "pilotlight" / TASK, say))


def _measure_served(chosen: list[str], pythons: Pythons, options: argparse.Namespace, found: Found) -> Found:
    """Measure what needs the packaged function: the peers run its graph."""
    gguf = find_gguf()
    say(f"functions run on Python {pythons.version}; importing and packaging the model")
    ours = prepare(ROOT, gguf, WORK / "pilotlight", pythons)
    shop = Workshop(ours, gguf, pythons.lambda_, WORK, options.install)
    contenders, unready = make_contenders([name for name in TITLES if name in chosen], shop, say)
    rounds, failed = compare(contenders, THREADS, options.rounds, say)
    medians = {key: middle(done) for key, done in rounds.items()}
    turns, stopped = _turns(ours.function) if TURNS in chosen else ({}, [])
    return found._replace(
        contenders=contenders,
        medians=medians,
        turns=turns,
        ratios=compute_ratios(medians, turns),
        costs=_costs(medians, turns),
        failures=[*unready, *failed, *stopped],
    )


def _turns(function: Function) -> tuple[dict[int, Turns], list[Failure]]:
    found, failures = {}, []
    for count in THREADS:
        try:
            found[count] = measure_turns(function, count, ROUNDS_OF_TURNS, say)
        except (RuntimeError, OSError) as error:
            failures.append(Failure(f"{TURNS}, {count} threads", str(error)))
    return found, failures


def _costs(medians: Mapping[tuple[str, int], Round], turns: Mapping[int, Turns]) -> list[TokenCost]:
    """What tokens cost; nothing where a speed was not measured."""
    answer = {threads: each.speed for (name, threads), each in medians.items() if name == OURS}
    prompt = {threads: each.prompt_speed for threads, each in turns.items()}
    rss = max((each.rss for (name, _), each in medians.items() if name == OURS), default=0)
    return token_costs(prompt, answer, Prices(), rss / 1024 / 1024) if prompt and answer else []


def _version(python: Path) -> str:
    command = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _commit() -> str:
    """What was measured; git's own mark where files differ from the commit, "unknown" outside a clone."""
    command = ["git", "describe", "--always", "--dirty=, with changes", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    """The processor's name, and how many there are."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{name}, {os.cpu_count()} processors"


def _options(arguments: list[str]) -> argparse.Namespace:
    names = (*TITLES, TURNS, *OTHERS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.llm", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--install", action="store_true", help="download missing packages: about 300 MB")
    parser.add_argument("--only", nargs="*", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", help="the Python that runs the functions; default: a Python 3.13, else this one")
    parser.add_argument("--into", type=Path, default=WORK / "out", help="the folder for the table and the JSON")
    parser.add_argument("--docs", type=Path, help="a page to write the tables into, between its two marks")
    return parser.parse_args(arguments)


def say(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
