"""A network of large dense layers, whose weights a function packs after its first answer."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = 2048
WEIGHT_BYTES = 2 * WIDTH * WIDTH * 4


def dense_network() -> onnx.ModelProto:
    """x FP32 [batch, WIDTH] to y FP32 [batch, WIDTH]: two products of WEIGHT_BYTES together."""
    random = np.random.default_rng(13)
    weights = [
        numpy_helper.from_array(random.standard_normal((WIDTH, WIDTH), np.float32) / np.float32(WIDTH**0.5), name)
        for name in ("first", "second")
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["m"]),
        helper.make_node("Relu", ["m"], ["r"]),
        helper.make_node("MatMul", ["r", "second"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", WIDTH]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "dense", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
