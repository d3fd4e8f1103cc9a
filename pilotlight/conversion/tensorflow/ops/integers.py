"""Integers that tf2onnx cuts or rounds another way than TensorFlow.

Less, Greater, TopKV2   it casts them to FP32, which cuts those beyond 2^24
FloorDiv, FloorMod      it rounds to zero, and TensorFlow down
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import OLDEST_OPSET, Builder, Handler, make_handler
from pilotlight.conversion.tensorflow.ops.originals import call_original

_EXACT: Final = 2**24
"""Up to here, FP32 holds every integer."""
_OUTERMOST: Final = "tf2onnx"
"""How tf2onnx names the outermost graph. That of a loop has the name of its function."""
_INTEGERS: Final = (TensorProto.INT32, TensorProto.INT64)
_OF_SHAPES: Final = frozenset(("StridedSlice", "Slice", "Squeeze", "Unsqueeze", "Cast", "Gather", "Identity"))


def _compare(graph: Any, node: Any) -> None:
    """Compare integers as such, unless one of the two is surely small: then the cast changes nothing."""
    first, second = (graph.get_dtype(name) for name in node.input)
    integers = first in _INTEGERS and first == second and graph.opset >= OLDEST_OPSET
    if not integers or any(_is_small(operand, graph) for operand in node.inputs):
        call_original(graph, node)


def _is_small(node: Any, graph: Any) -> bool:
    """Return whether a value is a small constant, a size of a tensor, or what a loop hands to its condition and body.

    tf2onnx gives the counters of loops another datatype later, and needs the cast there.
    """
    while node is not None and node.type in _OF_SHAPES:
        node = node.inputs[0]
    if node is None or node.type == "Shape":
        return True
    if node.is_const():
        return bool(np.all(np.abs(np.asarray(node.get_tensor_value(as_list=False)).astype(np.float64)) <= _EXACT))
    inside = graph.parent_graph is not None or not graph.graph_name.startswith(_OUTERMOST)
    return bool(inside and node.is_graph_input())


def _floor(*, remains: bool) -> Handler:
    def convert(graph: Any, node: Any) -> None:
        integers = graph.get_dtype(node.input[0]) in _INTEGERS and graph.opset >= OLDEST_OPSET
        if integers and not all(_is_size(operand) for operand in node.inputs):
            make_handler(lambda build: _divide(build, remains=remains))(graph, node)
        else:
            call_original(graph, node)

    return convert


def _divide(build: Builder, *, remains: bool) -> str:
    """Where the remainder has another sign than the divisor, the quotient is one less."""
    dividend, divisor = build.inputs
    quotient = build.add("Div", dividend, divisor)
    rest = build.add("Sub", dividend, build.add("Mul", quotient, divisor))
    turned = build.add("Xor", build.add("Less", rest, 0), build.add("Less", divisor, 0))
    less = build.cast(build.add("And", turned, build.add("Not", build.add("Equal", rest, 0))), build.datatype)
    if remains:
        return build.add("Add", rest, build.add("Mul", less, divisor))
    return build.add("Sub", quotient, less)


def _is_size(node: Any) -> bool:
    """Return whether a value is computed of sizes of tensors and of constants that are not negative."""
    if node is None:
        return False
    if node.is_const():
        return bool(np.all(np.asarray(node.get_tensor_value(as_list=False)) >= 0))
    if node.type == "Shape":
        return True
    parts = node.inputs[:1] if node.type in _OF_SHAPES else node.inputs
    known = _OF_SHAPES | {"Add", "AddV2", "Sub", "Mul", "FloorDiv", "Div", "Maximum", "Max"}
    return node.type in known and all(_is_size(part) for part in parts)


def _find_largest(graph: Any, node: Any) -> None:
    """Sort integers and FP64 as such."""
    if graph.get_dtype(node.input[0]) not in (*_INTEGERS, TensorProto.DOUBLE) or graph.opset < OLDEST_OPSET:
        call_original(graph, node)
        return
    build = Builder(graph, node)
    count = build.add("Reshape", build.cast(node.input[1], TensorProto.INT64), [1])
    values, places = build.add_many("TopK", 2, node.input[0], count, sorted=int(build.attribute("sorted", 1)))
    build.finish(values, build.cast(places, node.output_dtypes[1]))


HANDLERS: Final[Mapping[str, Handler]] = {
    "Less": _compare,
    "Greater": _compare,
    "TopKV2": _find_largest,
    "FloorDiv": _floor(remains=False),
    "FloorMod": _floor(remains=True),
}
