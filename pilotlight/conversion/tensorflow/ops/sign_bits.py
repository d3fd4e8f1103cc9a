"""The sign bit of floating-point numbers, which Keras reads in signbit, argmax and argmin.

TensorFlow takes the bits as an integer, and ONNX has no such operator. A number is negative below zero, and where it is
zero and its reciprocal is negative. A NaN counts as positive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import OLDEST_OPSET, Builder


def rewrite_sign_bits(graph: Any, nodes: list[Any]) -> list[Any]:
    """Replace Less(BitwiseAnd(Bitcast(x), the sign bit), 0) in a graph of tf2onnx.

    Args:
        graph: The graph.
        nodes: Its nodes.

    Returns:
        The nodes of the graph.
    """
    for node in list(nodes):
        given = _find_operand(node)
        if given is not None and graph.opset >= OLDEST_OPSET:
            build = Builder(graph, node)
            build.datatype = TensorProto.FLOAT
            negative_zero = build.add(
                "And", build.add("Equal", given, 0.0), build.add("Less", build.add("Div", 1.0, given), 0.0)
            )
            build.finish(build.add("Or", build.add("Less", given, 0.0), negative_zero))
    return list(graph.get_nodes())


def _find_operand(node: Any) -> str | None:
    """Return x of Less(BitwiseAnd(Bitcast(x), the sign bit), 0); None for any other node."""
    if node.type != "Less" or not _is_constant(node.inputs[1], 0):
        return None
    masked = node.inputs[0]
    if masked.type != "BitwiseAnd":
        return None
    bits, mask = masked.inputs
    if bits.type != "Bitcast" or not _is_constant(mask, np.iinfo(np.int32).min):
        return None
    return str(bits.input[0]) if masked.graph.get_dtype(bits.input[0]) == TensorProto.FLOAT else None


def _is_constant(node: Any, value: int) -> bool:
    return bool(node.is_const()) and bool(np.all(node.get_tensor_value(as_list=False) == value))
