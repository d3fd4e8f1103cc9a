"""The digits network on real data."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.workflow_calls import train_model

from pilotlight.core.errors import DataError
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.types import TrainResult

DIGITS = Path(__file__).parents[3] / "functions" / "digits"
MNIST = os.environ.get("PILOTLIGHT_TEST_MNIST", "")


def trained(tmp_path: Path, options: dict[str, Any]) -> TrainResult:
    project = Project(tmp_path, "")
    target = tmp_path / "functions" / "digits"
    target.mkdir(parents=True)
    for name in ("model.toml", "train.py"):
        shutil.copy(DIGITS / name, target)
    return train_model(project, "digits", store=Store(FolderBlobs(tmp_path / "store")), options=options)


def test_scikit_learns_digits(tmp_path: Path) -> None:
    result = trained(tmp_path, {})
    assert result.metrics["accuracy"] >= 0.97
    assert result.parity.samples == 256
    manifest = result.published.manifest
    assert [(spec.name, spec.shape) for spec in manifest.signature.inputs] == [("image", (-1, 28, 28, 1))]
    assert [(spec.name, spec.shape) for spec in manifest.signature.outputs] == [("probabilities", (-1, 10))]
    assert manifest.image is not None
    assert result.sizes["model.onnx"] < 3_000_000


@pytest.mark.skipif(not MNIST, reason="PILOTLIGHT_TEST_MNIST names no mnist.npz, and this takes four minutes")
def test_mnist(tmp_path: Path) -> None:
    assert trained(tmp_path, {"data": MNIST}).metrics["accuracy"] >= 0.988


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((20, 8, 8)), "x_test": np.zeros((9, 8, 8))}, r"x_train has shape \[20, 8, 8\]"),
        ({"y_train": np.zeros(20)}, "labels other than the whole numbers 0..9"),
        ({"y_test": np.full(9, 10)}, "labels other than the whole numbers 0..9"),
        ({"y_train": np.zeros((20, 10), int)}, "labels other than the whole numbers 0..9"),
    ],
)
def test_data_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, np.ndarray], message: str) -> None:
    arrays = {
        "x_train": np.zeros((20, 28, 28), np.uint8),
        "y_train": np.zeros(20, int),
        "x_test": np.zeros((9, 28, 28), np.uint8),
        "y_test": np.zeros(9, int),
    }
    np.savez(tmp_path / "data.npz", **{**arrays, **changes})
    with pytest.raises(DataError, match=message):
        trained(tmp_path, {"data": str(tmp_path / "data.npz")})


def test_few_held_out_samples_are_told(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    images, labels = draw.integers(0, 256, (50, 28, 28), np.uint8), draw.integers(0, 10, 50)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9])
    result = trained(tmp_path, {"data": str(tmp_path / "data.npz"), "epochs": 1})
    assert result.parity.note == "only 9 samples are held out; 128 are wanted"
