"""The sizes of the tables that inputs lead into, such as the vocabulary of an embedding.

ids ── Cast, Reshape, … ──▶ Gather over a constant of n rows: ONNX Runtime takes -n to n-1, and refuses all others
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import onnx
from onnx import TensorProto

_KEEPS_VALUES: Final = frozenset({"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"})
"""Operators whose output has the values of their first input."""

_WHOLE: Final = frozenset({TensorProto.INT32, TensorProto.INT64})


def find_table_sizes(model: onnx.ModelProto) -> dict[str, int]:
    """Return the size of the smallest table that each input indexes directly.

    Args:
        model: The model, with or without its external data.

    Returns:
        The number of rows by input. Inputs that lead into no table, or only after other operators, are left out.
    """
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    weights |= {node.output[0]: dims for node in model.graph.node if (dims := _constant_dims(node)) is not None}
    sources = {value.name: value.name for value in model.graph.input if value.name not in weights}
    found: dict[str, int] = {}
    for node in model.graph.node:  # each after its inputs, as ONNX demands
        if _keeps_values(node) and node.input[0] in sources:
            sources[node.output[0]] = sources[node.input[0]]
        for name, size in list_table_sizes(node, weights):
            if name in sources:
                source = sources[name]
                found[source] = min(size, found.get(source, size))
    return found


def _keeps_values(node: onnx.NodeProto) -> bool:
    if node.op_type == "Cast":
        return any(attribute.name == "to" and attribute.i in _WHOLE for attribute in node.attribute)
    return node.op_type in _KEEPS_VALUES and bool(node.input)


def list_table_sizes(node: onnx.NodeProto, weights: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, int]]:
    """Yield the value that indexes the table of a Gather, and the size of the table.

    Args:
        node: A node of the graph.
        weights: The shapes of the constants of the graph.
    """
    if node.op_type != "Gather" or node.domain not in ("", "ai.onnx") or len(node.input) != 2:
        return
    dims = weights.get(node.input[0])
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
    if dims and -len(dims) <= axis < len(dims) and dims[axis] > 0:
        yield node.input[1], dims[axis]


def _constant_dims(node: onnx.NodeProto) -> tuple[int, ...] | None:
    if node.op_type != "Constant":
        return None
    return next((tuple(attribute.t.dims) for attribute in node.attribute if attribute.name == "value"), None)
