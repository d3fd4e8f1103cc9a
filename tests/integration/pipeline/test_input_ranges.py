"""The ranges of inputs in the manifest: of the graph where it fixes them, else of the samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.ort_models import graph
from support.workflow_calls import import_model

from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight_runtime.manifest_json import dump_manifest, load_manifest, version_of

FLOAT, INTEGER = TensorProto.FLOAT, TensorProto.INT64


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Rows of a table, times how often and how much."""
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["rows"]),
        helper.make_node("Cast", ["often"], ["times"], to=FLOAT),
        helper.make_node("Mul", ["rows", "times"], ["more"]),
        helper.make_node("Mul", ["more", "much"], ["y"]),
    ]
    inputs: list[Any] = [("ids", INTEGER, ["n"]), ("often", INTEGER, ["n"]), ("much", FLOAT, ["n"])]
    weights = {"words": np.arange(10, dtype=np.float32)}
    onnx.save(graph(nodes, inputs, [("y", FLOAT, ["n"])], weights), tmp_path / "rows.onnx")
    return tmp_path / "rows.onnx"


def test_ranges_are_recorded(project: Project, store: Store, source: Path, tmp_path: Path) -> None:
    golden = tmp_path / "golden.npz"
    np.savez(golden, ids=np.array([1, 3, 5]), often=np.array([2, 40, -6]), much=np.ones(3, np.float32))
    manifest = import_model(project, "rows", source, golden=golden, store=store).published.manifest
    assert manifest.ranges == {
        "ids": {"least": -10, "most": 9, "exact": True},
        "often": {"least": -6, "most": 40, "exact": False},
    }
    assert load_manifest(dump_manifest(manifest)) == manifest


def test_without_samples_the_graph_tells_alone(project: Project, store: Store, source: Path) -> None:
    manifest = import_model(project, "rows", source, store=store).published.manifest
    assert manifest.ranges == {"ids": {"least": -10, "most": 9, "exact": True}}


def test_ranges_take_no_part_in_the_name_of_a_version(project: Project, store: Store, source: Path) -> None:
    manifest = import_model(project, "rows", source, store=store).published.manifest
    document = json.loads(dump_manifest(manifest))
    del document["ranges"]
    older = load_manifest(json.dumps(document).encode())
    assert older.ranges is None
    assert "ranges" not in json.loads(dump_manifest(older))
    assert version_of(older) == version_of(manifest) == manifest.version
