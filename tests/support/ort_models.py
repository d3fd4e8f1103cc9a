"""Tiny ONNX graphs for the tests of the sessions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None] | None
Value = tuple[str, int, Shape]
"""Name, `TensorProto.DataType` and shape, a text or None for a dimension of any size."""


def graph(
    nodes: Sequence[Any],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    weights: Mapping[str, NDArray[Any]] | None = None,
) -> ModelProto:
    initializers = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    body = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        initializers,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9)


def one_node(operator: str, inputs: Sequence[Value], outputs: Sequence[Value], **attributes: Any) -> ModelProto:
    names = [value[0] for value in inputs], [value[0] for value in outputs]
    return graph([helper.make_node(operator, *names, **attributes)], inputs, outputs)


def identity(datatype: int, shape: Shape) -> ModelProto:
    return one_node("Identity", [("x", datatype, shape)], [("y", datatype, shape)])


def convolution(channels: int = 8) -> ModelProto:
    random = np.random.default_rng(20)
    return graph(
        [
            helper.make_node("Conv", ["x", "kernel"], ["c"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", ["c"], ["y"]),
        ],
        [("x", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [("y", TensorProto.FLOAT, ["N", channels, 28, 28])],
        {"kernel": random.standard_normal((channels, 1, 3, 3)).astype("float32")},
    )


def reshape() -> ModelProto:
    """Fails at run time where `shape` does not multiply to the count of `x`."""
    return one_node(
        "Reshape",
        [("x", TensorProto.FLOAT, ["N"]), ("shape", TensorProto.INT64, ["R"])],
        [("y", TensorProto.FLOAT, ["A", "B"])],
    )


def save(model: ModelProto, folder: Path, name: str = "model.onnx") -> Path:
    path = folder / name
    onnx.save(model, path)
    return path
