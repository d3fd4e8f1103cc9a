"""Writes the head of an encoder as nodes of a graph.

Only operators are used that are the same from opset 13 on, because exported graphs get a head too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from pilotlight.language.encoders.head import DONE, EACH, FIRST, LAST, MEAN, NORMALIZE, SIGMOID, SOFTMAX, Dense, Head
from pilotlight.language.graph_nodes import GraphNodes
from pilotlight.language.tasks import RERANK

_LEAST_COUNT: Final = 1e-9
_LEAST_LENGTH: Final = 1e-12
"""By which sentence-transformers and PyTorch divide at least. Only a text without tokens gets there."""
_LOWEST: Final = -3.4e38
_ACTIVATIONS: Final = {"tanh": "Tanh", "relu": "Relu"}


def make_output(head: Head, width: int) -> onnx.ValueInfoProto:
    """Return the output of a head.

    Args:
        head: The head.
        width: The length of its vectors.
    """
    shape: list[str | int] = ["n", "length", width] if head.pool == EACH else ["n", width]
    return helper.make_tensor_value_info(head.output, TensorProto.FLOAT, ["n"] if head.task == RERANK else shape)


def add_head(nodes: GraphNodes, hidden: str, mask: str, head: Head) -> None:
    """Add a head. Its output has the name `head.output`.

    Args:
        nodes: The graph.
        hidden: FP32 of shape (n, length, width), or of shape (n, width) where the head's pooling is DONE.
        mask: INT64 of shape (n, length).
        head: The head.
    """
    value = hidden if head.pool in (EACH, DONE) else _add_pooling(nodes, hidden, mask, head.pool)
    for dense in head.layers:
        value = _add_dense(nodes, value, dense)
    if head.task == RERANK:
        value = nodes.node("Squeeze", value, nodes.whole(1))
    _add_finish(nodes, value, head)


def _add_dense(nodes: GraphNodes, value: str, dense: Dense) -> str:
    product = nodes.node("MatMul", value, nodes.constant(dense.linear.weight))
    added = nodes.node("Add", product, nodes.constant(dense.linear.bias))
    return nodes.node(_ACTIVATIONS[dense.activation], added) if dense.activation else added


def _add_finish(nodes: GraphNodes, value: str, head: Head) -> None:
    if head.finish == NORMALIZE:
        squares = nodes.node("ReduceSum", nodes.node("Mul", value, value), nodes.whole(-1), keepdims=1)
        length = nodes.node("Sqrt", squares)
        least = nodes.node("Max", length, nodes.constant(np.array([_LEAST_LENGTH], np.float32)))
        nodes.node("Div", value, least, name=head.output)
    elif head.finish == SOFTMAX:
        nodes.node("Softmax", value, axis=-1, name=head.output)
    else:
        nodes.node("Sigmoid" if head.finish == SIGMOID else "Identity", value, name=head.output)


def _add_pooling(nodes: GraphNodes, hidden: str, mask: str, pool: str) -> str:
    if pool == FIRST:
        return nodes.node("Gather", hidden, nodes.constant(np.array(0, np.int64)), axis=1)
    if pool == LAST:
        return _add_last(nodes, hidden, mask)
    kept = nodes.node("Cast", mask, to=TensorProto.FLOAT)
    if pool == MEAN:
        return _add_mean(nodes, hidden, kept)
    real = nodes.node("Cast", nodes.node("Unsqueeze", kept, nodes.whole(2)), to=TensorProto.BOOL, kind=TensorProto.BOOL)
    seen = nodes.node("Where", real, hidden, nodes.constant(np.array(_LOWEST, np.float32)))
    highest = nodes.node("GlobalMaxPool", nodes.node("Transpose", seen, perm=[0, 2, 1]))
    return nodes.node("Squeeze", highest, nodes.whole(2))


def _add_mean(nodes: GraphNodes, hidden: str, kept: str) -> str:
    """Add the mean over the tokens: a product of the mask with their vectors, over the number of tokens."""
    one = nodes.whole(1)
    total = nodes.node("Squeeze", nodes.node("MatMul", nodes.node("Unsqueeze", kept, one), hidden), one)
    count = nodes.node("ReduceSum", kept, one, keepdims=1)
    return nodes.node("Div", total, nodes.node("Max", count, nodes.constant(np.array([_LEAST_COUNT], np.float32))))


def _add_last(nodes: GraphNodes, hidden: str, mask: str) -> str:
    whole = TensorProto.INT64
    count = nodes.node("ReduceSum", mask, nodes.whole(1), keepdims=1, kind=whole)
    place = nodes.node("Max", nodes.node("Sub", count, nodes.whole(1), kind=whole), nodes.whole(0), kind=whole)
    return nodes.node("GatherND", hidden, place, batch_dims=1)
