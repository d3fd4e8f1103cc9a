"""Operations on the last axis of vectors: Cross, InTopK, and OneHot of other datatypes than FP32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow_ops.builder import Builder, Expressions, Handler, make_handler
from pilotlight.conversion.tensorflow_ops.originals import call_original


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
    few = build.add(
        "Less", build.add("ReduceSum", above, [-1], keepdims=0), build.cast(count, TensorProto.INT64)
    )
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
    return build.add("Where", build.add("Equal", spread, places), on, off)


def _convert_one_hot(graph: Any, node: Any, name: str, arguments: Any) -> None:
    if graph.get_dtype(node.input[2]) == TensorProto.FLOAT or graph.get_rank(node.input[0]) == 1:
        call_original(graph, node)
    else:
        make_handler(_one_hot)(graph, node, name, arguments)


EXPRESSIONS: Final[Expressions] = {"Cross": _cross, "InTopKV2": _in_top_k}
HANDLERS: Final[Mapping[str, Handler]] = {"OneHot": _convert_one_hot}
