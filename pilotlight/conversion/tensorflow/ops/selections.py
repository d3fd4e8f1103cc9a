"""Where, for which tf2onnx multiplies by zero and one: NaN or infinity in the branch not taken would become NaN.

It sets a mark where it sees a NaN, which makes the operation a Where in ONNX. Here the mark is set wherever a branch is
not surely finite. A branch is, if it is computed from products with weights by operations that keep finite numbers
finite, such as the scores of an attention: then the graph stays as it was before.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import is_float

_MARK: Final = "handles_nan"
_WITH_NAN: Final = (TensorProto.FLOAT, TensorProto.DOUBLE)
_ENDS: Final = frozenset(
    ("MatMul", "BatchMatMul", "BatchMatMulV2", "Einsum", "Conv2D", "Conv3D", "GatherV2", "Softmax", "Tanh", "Sigmoid")
)
"""Operations whose results are taken as finite."""
_KEEP: Final = frozenset(
    (
        *("Identity", "StopGradient", "Reshape", "Transpose", "ExpandDims", "Squeeze", "BroadcastTo", "Tile", "Pad"),
        *("StridedSlice", "Slice", "ConcatV2", "Pack", "Cast", "Neg", "Abs", "Relu", "Relu6", "Erf", "Erfc", "Maximum"),
        *("Minimum", "Add", "AddV2", "BiasAdd", "Sub", "Mul", "Square", "SquaredDifference", "Sum", "Mean", "Max"),
        *("Select", "SelectV2"),
    )
)
"""Operations that keep finite numbers finite."""
_SEES_NAN: Final = frozenset(("IsNan", "IsInf", "IsFinite"))


def rewrite_selections(graph: Any, nodes: list[Any]) -> list[Any]:
    """Mark the selections of a graph of tf2onnx that must stay selections.

    Args:
        graph: The graph.
        nodes: Its nodes.

    Returns:
        The same nodes.
    """
    known: dict[str, bool] = {}
    for node in nodes:
        if node.type in {"Select", "SelectV2"} and graph.get_dtype(node.output[0]) in _WITH_NAN:
            condition, *branches = node.inputs
            if _asks_for_nan(condition) or not all(_is_finite(branch, known) for branch in branches):
                node.set_attr(_MARK, 1)
    return nodes


def _asks_for_nan(node: Any) -> bool:
    """Return whether a condition is computed from whether numbers are finite."""
    pending, seen = [node], set()
    while pending:
        each = pending.pop()
        if each is None or each.name in seen:
            continue
        seen.add(each.name)
        if each.type in _SEES_NAN or (each.type in {"Equal", "NotEqual"} and each.input[0] == each.input[1]):
            return True
        pending += each.inputs
    return False


def _is_finite(node: Any, known: dict[str, bool]) -> bool:
    """Return whether a value is surely finite for finite weights. `known` holds the answers by the name of the node."""
    if node is None:
        return False
    if node.name not in known:
        known[node.name] = False
        if node.is_const():
            known[node.name] = bool(np.all(np.isfinite(node.get_tensor_value(as_list=False))))
        elif node.type in _ENDS or not is_float(node.graph.get_dtype(node.output[0])):
            known[node.name] = True
        elif node.type == "Rsqrt":
            known[node.name] = _is_positive(node.inputs[0])
        else:
            known[node.name] = node.type in _KEEP and all(_is_finite(each, known) for each in node.inputs)
    return known[node.name]


def _is_positive(node: Any) -> bool:
    """Return whether a value is a sum with a constant above zero, as in a normalization."""
    if node.type not in {"Add", "AddV2"}:
        return False
    return any(each.is_const() and bool(np.all(each.get_tensor_value(as_list=False) > 0)) for each in node.inputs)
