from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from pilotlight.optimization.weights import WeightsFile, count_bytes


def model_with(*tensors: onnx.TensorProto) -> onnx.ModelProto:
    node = helper.make_node("Identity", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in ("x", "y")]
    return helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:], list(tensors)))


def array(name: str, count: int, value: float = 1.0, kind: str = "float32") -> onnx.TensorProto:
    return numpy_helper.from_array(np.full(count, value, kind), name)


def places(path: Path) -> dict[str, tuple[int, int]]:
    model = onnx.load(path, load_external_data=False)
    found = {}
    for tensor in model.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if entries:
            assert entries["location"] == "weights.bin"
            found[tensor.name] = (int(entries["offset"]), int(entries["length"]))
    return found


def test_large_tensors_are_moved_to_pages_and_equal_ones_once(tmp_path: Path) -> None:
    with WeightsFile(tmp_path / "weights.bin") as weights:
        weights.move_weights(
            model_with(array("a", 300), array("b", 400, 2.0), array("small", 255)), tmp_path / "one.onnx"
        )
        weights.move_weights(model_with(array("c", 400, 2.0), array("d", 256, 3.0)), tmp_path / "two.onnx")
        assert weights.size == 8192 + 1024
    assert places(tmp_path / "one.onnx") == {"a": (0, 1200), "b": (4096, 1600)}
    assert places(tmp_path / "two.onnx") == {"c": (4096, 1600), "d": (8192, 1024)}
    back = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(tmp_path / "two.onnx").graph.initializer}
    assert back["c"].tolist() == [2.0] * 400
    assert back["d"].tolist() == [3.0] * 256


def test_what_was_cut_is_gone(tmp_path: Path) -> None:
    with WeightsFile(tmp_path / "weights.bin") as weights:
        weights.move_weights(model_with(array("a", 300)), tmp_path / "one.onnx")
        weights.move_weights(model_with(array("b", 400, 2.0)), tmp_path / "two.onnx")
        weights.truncate(1200)
    assert (tmp_path / "weights.bin").stat().st_size == 1200


@pytest.mark.parametrize(
    ("tensor", "size"),
    [
        (array("a", 300), 1200),
        (array("a", 300, kind="int8"), 300),
        (array("a", 0), 0),
        (helper.make_tensor("a", onnx.TensorProto.STRING, [2000], [b"x"] * 2000), 0),
        (helper.make_tensor("a", onnx.TensorProto.INT4, [4000], [1] * 4000), 0),
        (helper.make_tensor("a", onnx.TensorProto.BFLOAT16, [10], [1.0] * 10), 20),
    ],
    ids=["FP32", "INT8", "empty", "texts", "INT4", "BF16"],
)
def test_sizes(tensor: onnx.TensorProto, size: int) -> None:
    assert count_bytes(tensor) == size


def test_texts_stay_in_the_graph(tmp_path: Path) -> None:
    texts = helper.make_tensor("a", onnx.TensorProto.STRING, [2000], [b"x"] * 2000)
    with WeightsFile(tmp_path / "weights.bin") as weights:
        weights.move_weights(model_with(texts), tmp_path / "one.onnx")
        assert weights.size == 0
    assert onnx.load(tmp_path / "one.onnx").graph.initializer[0] == texts
