"""The digits network on few samples: the commands that need TensorFlow, as processes of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository's project without the layer's lock, so that no layer can be built."""
    root = tmp_path_factory.mktemp("way")
    shutil.copy(ROOT / "template.yaml", root)
    for part in ("digits", "catalog"):
        leave = shutil.ignore_patterns("model.lock", "__pycache__")
        shutil.copytree(ROOT / "functions" / part, root / "functions" / part, ignore=leave)
    (root / "layers" / "runtime").mkdir(parents=True)
    _few_digits(root / "few.npz")
    return root


def _few_digits(path: Path) -> None:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    scaled = np.kron(images.reshape(-1, 8, 8), np.ones((3, 3))) * (255 / 16)
    grey = np.zeros((len(scaled), 28, 28), np.uint8)
    grey[:, 2:26, 2:26] = scaled.astype(np.uint8)
    np.savez(path, x_train=grey[:700], y_train=labels[:700], x_test=grey[700:900], y_test=labels[700:900])


def pilotlight(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PILOTLIGHT_STORE": str(root / "the-store")}
    command = [sys.executable, "-m", "pilotlight", *argv]
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


def test_train_prints_one_object_and_reports_on_stderr(project: Path) -> None:
    ran = pilotlight(project, "train", "digits", "--data", "few.npz", "--epochs", "2", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    lock = json.loads((project / "functions" / "digits" / "model.lock").read_text())
    assert told["version"] == lock["version"]
    assert 0.5 < told["metrics"]["accuracy"] <= 1
    assert told["parity"]["samples"] >= 128
    assert told["parity"]["largest_difference"] < 1e-4
    assert told["seconds"] > 0
    assert "==> verify" in ran.stderr


def test_demo_goes_the_whole_way_and_says_what_it_left_out(project: Path) -> None:
    ran = pilotlight(project, "demo", "--data", "few.npz")
    assert ran.returncode == 0, ran.stderr
    for text in ("accuracy", "parity", "not built:", "cold start", "warm", "a held-out digit", "sam deploy --guided"):
        assert text in ran.stdout
    assert "█" in ran.stdout
    assert "\x1b[" not in ran.stdout
    (picture,) = (project / ".pilotlight" / "demo").iterdir()
    again = pilotlight(project, "invoke", "digits", "--image", str(picture))
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert "probabilities float32 1x10" in again.stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["train", "digits", "--data", "absent.npz"], "absent.npz"),
        (["train", "digits", "--data", "s3://no"], "s3://no"),
        (["convert", "digits", "--from", "absent.keras"], "absent.keras"),
    ],
)
def test_missing_sources_are_one_paragraph(project: Path, argv: list[str], said: str) -> None:
    ran = pilotlight(project, *argv)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
