"""Compares Pilotlight with its peers: `python -m benchmarks.run --install`, from the repository's root.

model.py    the digits network that all of them serve
stacks.py   the list; stacks/ has each one's files
install.py  packages, each stack's in a folder of its own
measure.py  one round of one stack
report.py   figures, table, ratios
chart.py    the picture
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks import report
from benchmarks.install import Installed, Missing, Pythons, install
from benchmarks.install_commit import install_commit
from benchmarks.measure import Round, measure
from benchmarks.model import prepare
from benchmarks.peers import BEFORE, FOLDER, STACKS, chosen
from pilotlight.bench.emulator import Emulator
from pilotlight.bench.sample import sample_body
from pilotlight.bench.tools import PYTHON, find_emulator, find_python, install_emulator
from pilotlight.core.errors import UserError
from pilotlight.store import FolderBlobs, Store

ROOT: Final = Path(__file__).parents[1]
WORK: Final = (ROOT / ".pilotlight" / "bench").resolve()
"""Without links: MLServer's workers do not start from an environment behind one."""
IMAGES: Final = 64


def main(arguments: list[str]) -> int:
    """Installs, measures, writes; 1 with one line where it cannot."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended on the way out
    try:
        _compare(options)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _compare(options: argparse.Namespace) -> None:
    python = Path(options.python) if options.python else find_python() or Path(sys.executable)
    version = _version(python)
    say(f"functions run on Python {version}" + ("" if version == PYTHON else f"; Lambda's would be {PYTHON}"))
    emulator = _emulator(python, may_install=options.install)
    say("preparing the digits network")
    digits = prepare(ROOT, WORK)
    lock = ROOT / "layers" / "runtime" / "requirements.txt"
    ready: list[Installed] = []
    missing: list[Missing] = []
    if options.before:
        say(f"installing {options.before}")
        ready.append(install_commit(options.before, WORK / "stacks" / BEFORE.name, digits, Pythons(python, version)))
    for stack in chosen(options.only):
        say(f"installing {stack.name}")
        found = install(stack, WORK / "stacks", digits, Pythons(python, version), lock)
        if isinstance(found, Missing):
            missing.append(found)
        else:
            ready.append(found)
    signature = Store(FolderBlobs(digits.store)).read_manifest("digits", digits.lock.version)[0].signature
    one, many = sample_body(signature, 1) or b"", sample_body(signature, IMAGES) or b""
    measured = _rounds(ready, missing, options.rounds, (one, many), digits.onnx, emulator)
    _write(report.results(measured, missing, version, _commit()), options.into, may_install=options.install)


def _rounds(
    ready: list[Installed],
    missing: list[Missing],
    rounds: int,
    bodies: tuple[bytes, bytes],
    model: Path,
    emulator: Emulator,
) -> dict[str, tuple[Installed, list[Round]]]:
    """Every stack once a round, after one round that fills the page cache and is not counted.

    A stack that fails twice running is left out; one that fails once, as servers may that are asked while they start,
    has a round less.
    """
    measured: dict[str, tuple[Installed, list[Round]]] = {entry.stack.name: (entry, []) for entry in ready}
    failures = dict.fromkeys(measured, 0)
    for number in range(rounds + 1):
        for name, (entry, done) in list(measured.items()):
            try:
                found = measure(entry, bodies, model, emulator)
            except (UserError, RuntimeError, OSError) as error:
                say(f"round {number}/{rounds} {name}: {error}")
                failures[name] += 1
                if failures[name] > 1:
                    missing.append(Missing(entry.stack, str(error)))
                    del measured[name]
                continue
            failures[name] = 0
            say(f"round {number}/{rounds} {name}: cold {found.cold:.0f} ms")
            if number:
                done.append(found)
    return {name: entry for name, entry in measured.items() if entry[1]}


def _write(found: dict[str, object], into: Path, *, may_install: bool) -> None:
    into.mkdir(parents=True, exist_ok=True)
    results = into / "results.json"
    results.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    table = report.markdown(found)
    (into / "table.md").write_text(table, encoding="utf-8")
    print(table)
    own = WORK / "chart" / "bin" / "python"
    if not own.is_file() and may_install:
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "chart")], check=True)
        command = [str(own), "-m", "pip", "install", "--quiet", "--requirement", str(FOLDER / "chart.txt")]
        subprocess.run(command, check=True)
    if own.is_file():
        chart = [str(own), str(Path(__file__).parent / "chart.py"), str(results), str(into / "benchmarks.png")]
        subprocess.run(chart, check=False)


def _emulator(python: Path, *, may_install: bool) -> Emulator:
    found = find_emulator(WORK / "tools", python)
    if found is None and not may_install:
        raise SystemExit("The emulator is not installed. Run the command again with --install.")
    return found or install_emulator(WORK / "tools", python, sam=[ROOT / ".venv-sam"])


def _version(python: Path) -> str:
    command = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _commit() -> str:
    """What was measured; git's own mark where files differ from the commit, "unknown" outside a clone."""
    command = ["git", "describe", "--always", "--dirty=, with changes", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--install", action="store_true", help="download missing packages: about 4 GB")
    parser.add_argument("--only", nargs="*", default=[], metavar="STACK", help=", ".join(s.name for s in STACKS))
    parser.add_argument("--before", metavar="COMMIT", help="measure an earlier commit too, under AWS's runtime client")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--python", help=f"the Python that runs the functions; default: a Python {PYTHON} on the path, else this one"
    )
    parser.add_argument(
        "--into", type=Path, default=WORK / "out", help="the folder for the table, the JSON and the chart"
    )
    return parser.parse_args(arguments)


def say(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
