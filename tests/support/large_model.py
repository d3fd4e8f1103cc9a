"""An ONNX model of any size, whose answer shows whether its weights are the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save_model

WEIGHTS = 1024
"""The columns of the weights; FP32."""


def write_large_model(path: Path, size: int) -> Path:
    """Writes a model with `size` bytes of weights beside it: y = the weights at the rows that x names, summed.

    Args:
        path: The graph.
        size: Bytes of weights.

    Returns:
        `path`.
    """
    rows = size // (4 * WEIGHTS)
    raw = path.with_suffix(".bin")
    with raw.open("wb") as file:
        for row in range(rows):
            file.write(row_of(row).tobytes())
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[rows, WEIGHTS])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", raw.name), ("offset", "0"), ("length", str(rows * 4 * WEIGHTS))):
        tensor.external_data.add(key=key, value=value)
    nodes = [
        helper.make_node("Gather", ["weights", "x"], ["taken"], axis=0),
        helper.make_node("ReduceSum", ["taken", "columns"], ["y"], keepdims=0),
    ]
    columns = helper.make_tensor("columns", TensorProto.INT64, [1], [1])
    ends = [helper.make_tensor_value_info("x", TensorProto.INT64, ["n"])]
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])]
    graph = helper.make_graph(nodes, "large", ends, outs, [tensor, columns])
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def row_of(row: int) -> np.ndarray:
    """The weights of a row: all the same, and exact as FP32 where they are summed up."""
    return np.full(WEIGHTS, row % 8192, np.float32)


def answer_of(row: int) -> float:
    """What the model answers for a row."""
    return float(row % 8192) * WEIGHTS
