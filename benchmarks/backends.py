"""Seconds an epoch by backend and device: `python -m benchmarks.backends digits --data mnist.npz --epochs 3`.

Each backend of Keras that is installed fits the model's own train.py, on the CPU and, where it sees one, on a GPU. Each
fit has a process of its own. The first epoch also compiles, so it is shown by itself; the figure is the median of the
later ones. Nothing is converted and nothing is published.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pilotlight.core.progress import CallbackProgress, ProgressEvent
from pilotlight.core.project import Project
from pilotlight.training.fitting import fit
from pilotlight.workflows.context import Context
from pilotlight.workflows.prepare_run import resolve_run

ROOT: Final = Path(__file__).parents[1]
BACKENDS: Final = ("tensorflow", "jax", "torch")
DEVICES: Final = ("cpu", "gpu")
_HIDDEN: Final = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
_COUNT_GPUS: Final = {
    "tensorflow": "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))",
    "jax": "import jax; print(sum(each.platform == 'gpu' for each in jax.devices()))",
    "torch": "import torch; print(torch.cuda.device_count())",
}


class _Fitted(BaseException):
    """The last epoch is done: what train.py does with the model afterwards is not measured."""


def measure_epochs(model: str, options: Mapping[str, object]) -> list[float]:
    """Fit a model in this process and return the seconds of each epoch."""
    ends = []
    last = f"epoch {options['epochs']} of "

    def take(event: ProgressEvent) -> None:
        if event.note.startswith("epoch "):
            ends.append(time.perf_counter())
            if event.note.startswith(last):
                raise _Fitted

    project = Project(ROOT, "")
    context = Context(Path.cwd(), os.environ, CallbackProgress(take), given_project=project)
    config = project.read_config(model)
    run = resolve_run(context, config, options)
    start = time.perf_counter()
    with suppress(_Fitted):
        fit(project.folder(model), config, replace(run, checkpoints=None))
    return [after - before for before, after in zip([start, *ends], ends, strict=False)]


def list_places() -> Iterator[tuple[str, str]]:
    """Yield each backend that is installed, with each device that it sees."""
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            print(f"{backend}: not installed")
            continue
        yield backend, "cpu"
        command = [sys.executable, "-c", _COUNT_GPUS[backend]]
        counted = subprocess.run(command, check=False, capture_output=True, text=True)
        if counted.stdout.strip().isdigit() and int(counted.stdout):
            yield backend, "gpu"


def main(arguments: Sequence[str]) -> None:
    """Measure every backend on every device, or, in a child, one fit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backends", description=__doc__)
    parser.add_argument("model", help="a model of kind keras")
    parser.add_argument("--data", required=True, help="the data source")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--devices", nargs="+", choices=DEVICES, default=DEVICES)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        options = {"data": given.data, "epochs": given.epochs, "batch_size": given.batch_size}
        print(json.dumps(measure_epochs(given.model, options)))
        return
    print("| backend | device | first epoch, s | later epochs, s |\n|---|---|---|---|")
    for backend, device in list_places():
        if backend in given.backends and device in given.devices:
            environ = os.environ | {"KERAS_BACKEND": backend} | (_HIDDEN if device == "cpu" else {})
            child = [sys.executable, "-m", "benchmarks.backends", *arguments, "--child"]
            done = subprocess.run(child, check=False, env=environ, capture_output=True, text=True)
            if done.returncode:
                print(f"| {backend} | {device} | failed | {done.stderr.strip().splitlines()[-1:]} |", flush=True)
                continue
            first, *later = json.loads(done.stdout.strip().splitlines()[-1])
            shown = f"{statistics.median(later):.2f}" if later else ""
            print(f"| {backend} | {device} | {first:.2f} | {shown} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
