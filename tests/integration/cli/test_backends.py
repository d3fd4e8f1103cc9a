"""The same train.py with another Keras backend: fitted, converted with TensorFlow, compared and published."""

from __future__ import annotations

import importlib.util
import json
from importlib.metadata import version
from pathlib import Path

import pytest
from support.backend_runs import end, light_squares, opinions, project_with, start


def trained(project: Path, backend: str, model: str, data: Path, epochs: int) -> dict[str, object]:
    """What `pilotlight train --json` tells."""
    command = ("pilotlight", "train", model, "--data", str(data), "--epochs", str(epochs), "--json")
    code, said, told = end(start(project, *command, KERAS_BACKEND=backend))
    assert code == 0, told
    return dict(json.loads(said))


def provenance(project: Path, model: str) -> dict[str, dict[str, str]]:
    (manifest,) = (project / "store" / model).glob("*/manifest.json")
    return dict(json.loads(manifest.read_text())["provenance"])


@pytest.fixture(params=["jax", "torch"])
def backend(request: pytest.FixtureRequest) -> str:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


def test_a_network_of_images(backend: str, tmp_path: Path) -> None:
    project = project_with(tmp_path, "digits")
    result = trained(project, backend, "digits", light_squares(tmp_path / "images.npz"), 2)
    parity = result["parity"]
    assert isinstance(parity, dict)
    assert parity["samples"] == 100
    assert parity["largest_difference"] < 1e-5
    assert parity["onnx_metric"] == parity["source_metric"] > 0.9
    told = provenance(project, "digits")
    assert told["training"]["backend"] == backend
    assert told["tools"][backend] == version(backend)
    assert told["tools"]["tf2onnx"]
    assert (project / "functions" / "digits" / "model.lock").is_file()


def test_a_network_of_texts_that_is_served_as_another_graph(backend: str, tmp_path: Path) -> None:
    project = project_with(tmp_path, "sentiment")
    result = trained(project, backend, "sentiment", opinions(tmp_path / "opinions"), 4)
    parity = result["parity"]
    assert isinstance(parity, dict)
    assert parity["samples"] == 40
    assert parity["onnx_metric"] == parity["source_metric"] > 0.9
    assert provenance(project, "sentiment")["training"]["backend"] == backend
