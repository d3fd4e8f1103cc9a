"""Attaches the inputs of a signature to a graph of skl2onnx.

    age FP32 [-1] ──────────────▶ Reshape [-1, 1] ──▶ the graph of skl2onnx
    member BOOL [-1] ──▶ Cast ──▶ Reshape [-1, 1] ──▶

skl2onnx takes columns of shape [-1, 1], and callers send one value for each sample. Where the graph takes one matrix,
the columns are joined; where it takes columns and callers send one matrix, that is split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pilotlight.conversion.sklearn.inputs import list_columns, takes_columns
from pilotlight_runtime.signature import Signature, TensorSpec

_SHAPE: Final = "shape of a column"
_Attached: TypeAlias = tuple[list[onnx.NodeProto], list[onnx.ValueInfoProto]]


def attach_inputs(graph: onnx.GraphProto, model: Any, signature: Signature) -> None:
    """Give a graph of skl2onnx the inputs of a signature, in its order, in place.

    Args:
        graph: The graph. Its inputs are those of `list_initial_types`.
        model: The fitted model.
        signature: The inputs and outputs of the model.
    """
    if takes_columns(signature):
        nodes, inputs = _attach_columns(graph, list_columns(model) or [signature.inputs[0].name], signature)
    elif len(graph.input) > 1:
        nodes, inputs = _split_matrix(graph, signature.inputs[0])
    else:
        return
    _prepend(graph, nodes)
    del graph.input[:]
    graph.input.extend(inputs)


def _attach_columns(graph: onnx.GraphProto, order: Sequence[str], signature: Signature) -> _Attached:
    """Return the nodes from the columns of a signature to the inputs of a graph, and the new inputs."""
    joined = len(graph.input) == 1 and len(order) > 1
    values = list(graph.input) * (len(order) if joined else 1)
    inner = dict(zip(order, values, strict=True))  # by place: skl2onnx changes names that are no identifiers
    nodes, inputs = [], []
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 1], np.int64), _SHAPE))
    for spec in signature.inputs:
        wanted = inner[spec.name]
        inputs.append(_declare(spec))
        last = f"column/{spec.name}" if joined else wanted.name
        nodes += _make_column(spec, last, wanted.type.tensor_type.elem_type)
    if joined:
        nodes.append(helper.make_node("Concat", [f"column/{name}" for name in order], [graph.input[0].name], axis=1))
    return nodes, inputs


def _split_matrix(graph: onnx.GraphProto, spec: TensorSpec) -> _Attached:
    """Return the nodes from one matrix to the columns that a graph takes, and the new input."""
    nodes = []
    for place, value in enumerate(graph.input):
        index = f"place/{place}"
        graph.initializer.append(numpy_helper.from_array(np.array([place], np.int64), index))
        nodes.append(helper.make_node("Gather", [f"sent/{spec.name}", index], [value.name], axis=1))
    return nodes, [_declare(spec)]


def _declare(spec: TensorSpec) -> onnx.ValueInfoProto:
    shape = list(map(_open, spec.shape))
    return helper.make_tensor_value_info(f"sent/{spec.name}", spec.datatype.onnx, shape)


def _make_column(spec: TensorSpec, last: str, wanted: int) -> list[onnx.NodeProto]:
    """Return the nodes that turn what callers send into a column of shape [-1, 1] and of the wanted datatype."""
    sent, cast = f"sent/{spec.name}", f"cast/{spec.name}"
    if spec.datatype.onnx == wanted:
        return [helper.make_node("Reshape", [sent, _SHAPE], [last])]
    return [helper.make_node("Cast", [sent], [cast], to=wanted), helper.make_node("Reshape", [cast, _SHAPE], [last])]


def _open(size: int) -> int | None:
    return size if size >= 0 else None


def _prepend(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    later = [onnx.NodeProto.FromString(node.SerializeToString()) for node in graph.node]
    del graph.node[:]
    graph.node.extend([*nodes, *later])
