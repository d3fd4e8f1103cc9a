"""Tiny ONNX models, made on the spot."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18


def model_of(graph: onnx.GraphProto, opset: int = OPSET) -> onnx.ModelProto:
    """`graph` as a model that the oldest supported ONNX Runtime opens."""
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def identity_model(datatype: int = TensorProto.FLOAT, shape: Sequence[object] = ("n", 2)) -> onnx.ModelProto:
    """y = x."""
    node = helper.make_node("Identity", ["x"], ["y"])
    return model_of(
        helper.make_graph(
            [node],
            "identity",
            [helper.make_tensor_value_info("x", datatype, shape)],
            [helper.make_tensor_value_info("y", datatype, shape)],
        )
    )


def linear_model(weight: float = 2.0) -> onnx.ModelProto:
    """y = x * w, x and y FP32 [n, 3], w an initialiser [3] called w."""
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    return model_of(
        helper.make_graph(
            [node],
            "linear",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
            [numpy_helper.from_array(np.full(3, weight, np.float32), "w")],
        )
    )


def save_external(model: onnx.ModelProto, path: Path, location: str) -> Path:
    """Saves a copy of `model` at `path` with every weight in `location`, taken relative to the folder of `path`."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    onnx.save(copy, path, save_as_external_data=True, location=location, size_threshold=0)
    return path


def point_weights_to(model: onnx.ModelProto, path: Path, location: str) -> Path:
    """Saves a copy of `model` whose first weight claims to lie at `location`, whatever is there."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    tensor = copy.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path.write_bytes(copy.SerializeToString())
    return path
