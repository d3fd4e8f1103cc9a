"""A project with one of our models and small data, and runs of it in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[2]


def project_with(root: Path, model: str) -> Path:
    """A project in `root` that holds the model `model` of this repository alone."""
    (root / "functions").mkdir()
    (root / "template.yaml").write_text("Resources: {}\n")
    leave = shutil.ignore_patterns("model.lock", "__pycache__")
    shutil.copytree(REPOSITORY / "functions" / model, root / "functions" / model, ignore=leave)
    return root


def light_squares(path: Path) -> Path:
    """Images of 28x28 with a light square each, at a place that its digit decides."""
    draw = np.random.default_rng(3)
    labels = draw.integers(0, 10, 400)
    pixels = draw.integers(0, 60, (400, 28, 28)).astype(np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[2 * label : 2 * label + 6, 4:24] = 230
    np.savez(path, x_train=pixels[:300], y_train=labels[:300], x_test=pixels[300:], y_test=labels[300:])
    return path


def opinions(folder: Path) -> Path:
    """Sentences in the layout of SST-2 that one word decides."""
    folder.mkdir()
    draw = np.random.default_rng(4)
    for name, count in (("train", 160), ("test", 40)):
        lines = []
        for index in range(count):
            words = draw.choice(["the", "film", "was", "quite", "long"], 5).tolist()
            words.insert(2, ("dreadful", "lovely")[index % 2])
            lines.append(f"{' '.join(words)}\t{index % 2}\n")
        (folder / f"{name}.tsv").write_text("".join(lines))
    return folder


def start(project: Path, *command: str, **environ: str) -> subprocess.Popen[str]:
    """`python -m COMMAND` in `project`, whose store is a folder of it."""
    told = {**os.environ, "PILOTLIGHT_STORE": str(project / "store"), "CUDA_VISIBLE_DEVICES": "-1", **environ}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=project, env=told, stdout=pipe, stderr=pipe, text=True
    )


def end(process: subprocess.Popen[str], seconds: float = 500) -> tuple[int, str, str]:
    """Its exit code, stdout and stderr."""
    said, told = process.communicate(timeout=seconds)
    return process.returncode, said, told


def events(said: str) -> list[dict[str, object]]:
    """The events in what a container's entry point wrote to stdout."""
    return [json.loads(line) for line in said.splitlines()]
