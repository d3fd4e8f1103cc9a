"""A small network with weights of several kinds, for what is done to weights."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PIXELS = np.random.default_rng(3).standard_normal((2, 3, 8, 8)).astype("float32")


def network(rows: int = 1024) -> onnx.ModelProto:
    """x FP32 [batch, 3, 8, 8] to y FP32 [batch, 4]: a convolution, laid out anew for the CPU, and two dense layers.

    rows: of the first dense layer's output; each takes 4 KiB of weights.
    """
    random = np.random.default_rng(5)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array((random.standard_normal(shape) / 30).astype("float32"), name)

    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("MatMul", ["f", "dense"], ["d"]),
        helper.make_node("Add", ["d", "bias"], ["b"]),
        helper.make_node("Relu", ["b"], ["h"]),
        helper.make_node("MatMul", ["h", "head"], ["y"]),
    ]
    constants = [weights("kernel", 16, 3, 3, 3), weights("dense", 1024, rows), weights("bias", rows)]
    constants.append(weights("head", rows, 4))
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 8, 8]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4]),
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
