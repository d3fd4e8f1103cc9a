"""Integers that tf2onnx casts to FP32, which cuts those beyond 2^24: Less, Greater and TopKV2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow_ops.builder import OLDEST_OPSET, Builder, Handler
from pilotlight.conversion.tensorflow_ops.originals import call_original

_EXACT: Final = 2**24
"""Up to here, FP32 holds every integer."""
_INTEGERS: Final = (TensorProto.INT32, TensorProto.INT64)
_OF_SHAPES: Final = frozenset(("StridedSlice", "Slice", "Squeeze", "Unsqueeze", "Cast", "Gather", "Identity"))


def _compare(graph: Any, node: Any, name: str, arguments: Any) -> None:  # noqa: ARG001  (tf2onnx gives them)
    """Compare integers as such, unless one of the two is surely small: then the cast changes nothing."""
    integers = graph.get_dtype(node.input[0]) in _INTEGERS and graph.opset >= OLDEST_OPSET
    if not integers or any(_is_small(operand) for operand in node.inputs):
        call_original(graph, node)


def _is_small(node: Any) -> bool:
    """Return whether a value is a small constant, a size of a tensor, or what a loop hands to its body."""
    while node is not None and node.type in _OF_SHAPES:
        node = node.inputs[0]
    if node is None:
        return True
    if node.is_const():
        return bool(np.all(np.abs(np.asarray(node.get_tensor_value(as_list=False)).astype(np.float64)) <= _EXACT))
    return node.type == "Shape" or (node.type == "Placeholder" and node.graph.parent_graph is not None)


def _find_largest(graph: Any, node: Any, name: str, arguments: Any) -> None:  # noqa: ARG001  (tf2onnx gives them)
    """Sort integers and FP64 as such."""
    if graph.get_dtype(node.input[0]) not in (*_INTEGERS, TensorProto.DOUBLE) or graph.opset < OLDEST_OPSET:
        call_original(graph, node)
        return
    build = Builder(graph, node)
    count = build.add("Reshape", build.cast(node.input[1], TensorProto.INT64), [1])
    values, places = build.add_many("TopK", 2, node.input[0], count, sorted=int(build.attribute("sorted", 1)))
    build.finish(values, build.cast(places, node.output_dtypes[1]))


HANDLERS: Final[Mapping[str, Handler]] = {"Less": _compare, "Greater": _compare, "TopKV2": _find_largest}
