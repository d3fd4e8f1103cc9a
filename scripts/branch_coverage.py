"""Fails where too few branches of one folder were taken. Arguments: FOLDER PERCENT.

coverage's own --fail-under mixes lines with branches, so that many plain lines can hide an untested branch.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder: str, least: float) -> int:
    """0 where at least `least` percent of the branches in `folder` were taken in the run that .coverage holds."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", f"--include={folder}/*", "-o", str(report)]
        if subprocess.run(command, check=False).returncode:
            return 1
        document = json.loads(report.read_text(encoding="utf-8"))
    totals = document["totals"]
    if not totals["num_branches"]:
        print(f"{folder}: no branch was measured", file=sys.stderr)
        return 1
    share = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"{folder}: {share:.1f} % of {totals['num_branches']} branches taken, at least {least:g} % wanted")
    if share >= least:
        return 0
    for name, file in sorted(document["files"].items()):
        for start, end in file["missing_branches"]:
            print(f"  {name}:{start} never went to {'the exit' if end < 0 else f'line {end}'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
