"""How long things take to start, against something of the same kind in the same run: a slow machine is no failure."""

import os
import statistics
import subprocess
import sys
import time


def seconds(*command: str) -> float:
    """The median of five runs of a fresh interpreter, after one that writes the bytecode."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = []
    for _ in range(6):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environ)
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


def test_help_costs_little_more_than_what_draws_it() -> None:
    drawing = seconds("-c", "import typer, rich.console, rich.panel, rich.table, rich.markdown")
    assert seconds("-m", "pilotlight", "--help") < 3 * drawing


def test_a_function_starts_faster_than_numpy_and_onnxruntimes_module_do() -> None:
    """What the binding of our own is for: without it a cold start would begin with these imports."""
    usual = seconds("-c", "import numpy, onnxruntime")
    ours = seconds("-c", "import pilotlight_runtime.handler, pilotlight_runtime.engine.ort_session")
    bare = seconds("-c", "pass")
    assert ours - bare < (usual - bare) / 2
