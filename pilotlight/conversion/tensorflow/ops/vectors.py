"""Operations on the last axis of vectors: Cross, InTopK, and OneHot of other datatypes than FP32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, Handler, make_handler
from pilotlight.conversion.tensorflow.ops.originals import call_original


def _cross(build: Builder) -> str:
    first, second = build.inputs

    def take(value: str, order: list[int]) -> str:
        return build.add("Gather", value, order, axis=-1)

    left = build.add("Mul", take(first, [1, 2, 0]), take(second, [2, 0, 1]))
    return build.add("Sub", left, build.add("Mul", take(first, [2, 0, 1]), take(second, [1, 2, 0])))


def _in_top_k(build: Builder) -> str:
    """Whether fewer than k scores are above the target's. Where a score is not finite, nothing is in the top."""
    scores, targets, count = build.inputs
    size = build.add("Gather", build.add("Shape", scores), np.array(-1))
    zero = build.constant(np.array(0, np.int64))
    wanted = build.cast(targets, TensorProto.INT64)
    known = build.add("And", build.add("GreaterOrEqual", wanted, zero), build.add("Less", wanted, size))
    place = build.add("Unsqueeze", build.add("Where", known, wanted, zero), [-1])
    own = build.add("GatherElements", scores, place, axis=1)
    above = build.cast(build.add("Greater", scores, own), TensorProto.INT64)
    few = build.add("Less", build.add("ReduceSum", above, [-1], keepdims=0), build.cast(count, TensorProto.INT64))
    wrong = build.add("Or", build.add("IsNaN", scores), build.add("IsInf", scores))
    finite = build.add("Equal", build.add("ReduceSum", build.cast(wrong, TensorProto.INT64), [-1], keepdims=0), zero)
    return build.add("And", build.add("And", few, known), finite)


def _one_hot(build: Builder) -> str:
    """Compare each index with the places of the new axis."""
    indices, depth, on, off = build.inputs
    rank, axis = len(build.shape(0)), build.attribute("axis", -1)
    axis = rank if axis == -1 else axis
    count = build.add("Reshape", build.cast(depth, TensorProto.INT64), np.zeros(0, np.int64))
    places = build.add("Range", np.array(0, np.int64), count, np.array(1, np.int64))
    places = build.add("Reshape", places, [-1, *[1] * (rank - axis)])
    spread = build.add("Unsqueeze", build.cast(indices, TensorProto.INT64), [axis])
    chosen = build.add("Equal", spread, places)
    if build.node.output_dtypes[0] != TensorProto.BOOL:
        return build.add("Where", chosen, on, off)
    return build.add("Or", build.add("And", chosen, on), build.add("And", build.add("Not", chosen), off))


def _convert_one_hot(graph: Any, node: Any) -> None:
    """ONNX counts a negative index from the end, and TensorFlow gives it no place."""
    if graph.get_dtype(node.input[2]) != TensorProto.FLOAT:
        make_handler(_one_hot)(graph, node)
        return
    if not _is_place(node.inputs[0]):
        build = Builder(graph, node)
        depth = build.cast(node.input[1], build.datatype)
        index = build.add("Where", build.add("Less", node.input[0], 0), depth, node.input[0])
        graph.copy_shape(node.input[0], index)
        graph.replace_input(node, node.input[0], index, 0)
    call_original(graph, node)


def _is_place(node: Any) -> bool:
    """Return whether a value is the result of ArgMax or ArgMin, which is never negative."""
    while node is not None and node.type in {"Cast", "Identity", "Squeeze"}:
        node = node.inputs[0]
    return node is not None and node.type in {"ArgMax", "ArgMin"}


EXPRESSIONS: Final[Expressions] = {"Cross": _cross, "InTopKV2": _in_top_k}
HANDLERS: Final[Mapping[str, Handler]] = {"OneHot": _convert_one_hot}
