"""What two ways to cut texts add to a function: `python -m benchmarks.text_imports`.

Installs Hugging Face's tokenizers into a temporary folder with pip, byte-compiles both, and imports each in fresh
processes of this Python which have imported what a function imports anyway. Prints medians and sizes.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

RUNS: Final = 15
LAYER: Final = Path(__file__).parents[1] / "layers" / "runtime"
CODE: Final = """
import sys, time
sys.path[:0] = sys.argv[2:]
from pilotlight_runtime import handler, inference, service
began = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - began)
"""


def imported(module: str, *paths: Path) -> float:
    """Milliseconds of importing `module`, the median of RUNS fresh processes after one that fills the caches."""
    command = [sys.executable, "-c", CODE, module, *map(str, paths)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    runs = [subprocess.run(command, check=True, capture_output=True, env=environ).stdout for _ in range(RUNS)]
    seconds = [float(said) for said in runs]
    return statistics.median(seconds[1:]) * 1000


def size(*paths: Path) -> float:
    """Megabytes of files."""
    return sum(file.stat().st_size for path in paths for file in (path.rglob("*") if path.is_dir() else [path])) / 1e6


def installed(folder: Path, *options: str) -> float:
    """Megabytes of tokenizers, installed into `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", *options]
    subprocess.run([*command, "--target", folder, "tokenizers"], check=True)
    return size(folder)


def main() -> None:
    """Prints one line a way."""
    with tempfile.TemporaryDirectory() as temporary:
        alone, whole = Path(temporary, "alone"), Path(temporary, "whole")
        megabytes, with_all = installed(alone, "--no-deps"), installed(whole)
        compileall.compile_dir(alone, quiet=1)
        milliseconds = imported("tokenizers", LAYER, alone)
    print(f"tokenizers: {milliseconds:.1f} ms, {megabytes:.1f} MB, {with_all:.1f} MB with what it requires")
    own = LAYER / "pilotlight_runtime" / "text" / "tokens.py"
    milliseconds = imported("pilotlight_runtime.text.tokens", LAYER)
    print(f"pilotlight_runtime.text.tokens: {milliseconds:.1f} ms, {size(own):.3f} MB")


if __name__ == "__main__":
    main()
