"""Tries every case and writes docs/what-converts.md: `python -m benchmarks.tables [--only keras] [--match Conv]`.

With --match nothing is written; the outcomes are only printed. A table whose packages are missing is named and left as
it is.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.tables.case import FAULT, Case, run_case
from benchmarks.tables.document import Row, write_table

TABLES: Final = ("sklearn", "boosting", "keras", "applications", "preprocessing", "torch")
"""Each is a module of this package with PACKAGES, the distributions it measures, and list_cases()."""
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "what-converts.md"


def main(arguments: Sequence[str]) -> int:
    """Make the tables. Returns 1 where a case is at fault, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=TABLES, help="the tables to make")
    parser.add_argument("--match", default="", help="try the cases whose name holds this text, and write nothing")
    given = parser.parse_args(arguments)
    faults = 0
    for table in given.only:
        module = importlib.import_module(f"benchmarks.tables.{table}")
        try:
            versions = {name: importlib.metadata.version(name) for name in module.PACKAGES}
        except importlib.metadata.PackageNotFoundError as error:
            print(f"{table}: left as it is, {error}")
            continue
        cases = [case for case in module.list_cases() if given.match.lower() in case.name.lower()]
        rows = [_try(case, f"{table} {index}/{len(cases)}") for index, case in enumerate(cases, 1)]
        faults += sum(row.outcome.status == FAULT for row in rows)
        if not given.match:
            write_table(DOCUMENT, table, rows, versions)
    return 1 if faults else 0


def _try(case: Case, place: str) -> Row:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_case(case, Path(folder))
    seconds = time.monotonic() - start
    print(f"{place} {case.group} {case.name}: {outcome.status} ({seconds:.1f} s) {outcome.detail}".rstrip(), flush=True)
    return Row(case.group, case.name, outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
