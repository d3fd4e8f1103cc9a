"""Renews constraints.txt: what the newest `.[dev]` resolves to, in a fresh environment.

Run it with the oldest Python that the project supports, so that no pin is too new for it.
"""

import subprocess
import tempfile
import venv
from pathlib import Path
from typing import Final

HEADER: Final = """\
# The development environment: every package that `pip install -e '.[dev]'` brings on Python 3.11 to 3.13, pinned.
# `make lock` writes this file anew. A pin here binds nobody who installs Pilotlight as a library.
"""
TWINS: Final = {"tensorflow-cpu": "tensorflow", "xgboost-cpu": "xgboost"}
"""Packages that another platform has under another name, at the same version."""


def main(root: Path) -> None:
    """Writes constraints.txt in `root`."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        pip = [f"{place}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "--editable", f"{root}[dev]"], check=True)
        frozen = subprocess.run([*pip, "freeze", "--all", "--exclude-editable"], check=True, capture_output=True)
    pins = dict(line.split("==") for line in frozen.stdout.decode().splitlines() if "==" in line)
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items() if name != "pip"}
    pins |= {twin: pins[name] for name, twin in TWINS.items() if name in pins}
    lines = [f"{name}=={pins[name]}\n" for name in sorted(pins)]
    (root / "constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(__file__).resolve().parent.parent)
