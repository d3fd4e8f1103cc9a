"""Lambda's limit counts a function together with the layer that it shares."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from support.project import Desk, new_project

from pilotlight.core.lambda_limits import UNZIPPED_LIMIT
from pilotlight.scaffold import add_function

WEIGHTS = 60_000_000
"""FP32: 240 MB, which Lambda takes by itself, but not with a layer of 42 MB."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A project whose template has the model as a zip, as it was while the model was smaller."""
    desk = new_project(tmp_path)
    template = tmp_path / "template.yaml"
    template.write_text(add_function(template.read_text(), "large"))
    ran = desk("import", str(_large(tmp_path / "large.onnx")), "--name", "large")
    assert ran.code == 0, ran.err
    return desk


def test_a_function_that_is_too_large_with_its_layer_is_refused_with_the_figures(desk: Desk, tmp_path: Path) -> None:
    assert WEIGHTS * 4 < UNZIPPED_LIMIT
    ran = desk("package", "large", "--into", str(tmp_path / "out"))
    if "the layer is not counted" in ran.err:
        pytest.skip(f"the package registry cannot be reached: {ran.err}")
    assert ran.code == 1
    assert "262.1 MB" in ran.err
    assert "container image: `pilotlight check` says how" in " ".join(ran.err.split())
    assert not (tmp_path / "out").exists()


def test_a_layer_that_cannot_be_built_is_said_not_to_count(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "layers" / "runtime" / "requirements.txt").write_text("not a requirement\n")
    ran = desk("package", "large", "--into", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    assert "the layer is not counted against Lambda's limit" in ran.err


def _large(path: Path) -> Path:
    """y = x + sum of the weights, which lie beside the graph."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [WEIGHTS], bytes(WEIGHTS * 4), raw=True)
    nodes = [
        helper.make_node("ReduceSum", ["weights"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"])] for name in "xy"]
    graph = helper.make_graph(nodes, "large", *ends, [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path, save_as_external_data=True, location="large.bin")
    return path
