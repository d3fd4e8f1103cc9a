"""Datatypes, shapes and constants of the values of a graph and of the subgraphs of its nodes."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

_ML: Final = "ai.onnx.ml"
_NOT_INFERRED: Final = "not.inferred"
"""A domain that onnx does not know: it leaves the types of such operators out."""


class _Value(NamedTuple):
    datatype: int
    shape: tuple[int, ...] | None
    constant: onnx.TensorProto | None = None


class Scope:
    """What is known of the values that the nodes of one graph can read.

    Args:
        values: What is known of the values of the graphs around it.
    """

    def __init__(self, values: ChainMap[str, _Value] | None = None) -> None:
        self._values: ChainMap[str, _Value] = ChainMap() if values is None else values

    def make_inner(self) -> Scope:
        """Return the scope of a subgraph, which can read these values too."""
        return Scope(self._values.new_child())

    def add_graph(self, graph: onnx.GraphProto) -> None:
        """Add the values of a graph whose shapes have been inferred."""
        for value in (*graph.input, *graph.output, *graph.value_info):
            if value.type.HasField("tensor_type"):
                self._values[value.name] = _read_value(value.type.tensor_type)
        for tensor in graph.initializer:
            self._add_constant(tensor.name, tensor)
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
                self._add_constant(node.output[0], node.attribute[0].t)

    def _add_constant(self, name: str, tensor: onnx.TensorProto) -> None:
        self._values[name] = _Value(tensor.data_type, tuple(tensor.dims), tensor)

    def datatype(self, name: str) -> int | None:
        """Return `TensorProto.DataType` of a value; None where it is unknown."""
        found = self._values.get(name)
        return found.datatype or None if found else None

    def rank(self, name: str) -> int:
        """Return the number of dimensions of a value; 0 where it is unknown."""
        found = self._values.get(name)
        return 0 if found is None or found.shape is None else len(found.shape)

    def is_never_empty(self, name: str) -> bool:
        """Return whether every dimension of a value is known and above zero."""
        found = self._values.get(name)
        return found is not None and found.shape is not None and all(size > 0 for size in found.shape)

    def constant(self, name: str) -> NDArray[Any] | None:
        """Return the elements of a constant; None where the value is none, or is in a file of its own."""
        found = self._values.get(name)
        if found is None or found.constant is None or found.constant.data_location == onnx.TensorProto.EXTERNAL:
            return None
        return np.asarray(numpy_helper.to_array(found.constant))


def infer_model(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of a model with the shapes and types of its values, as far as onnx infers them.

    Raises:
        InferenceError: The model is malformed.
        ValueError: The model has more than 2 GB.
    """
    return onnx.shape_inference.infer_shapes(_without_crashes(model))


def infer_scopes(model: onnx.ModelProto) -> Iterator[tuple[Any, Scope]]:
    """Yield the nodes of the graph and of each subgraph, with what is known of the values that they read."""
    try:
        inferred = infer_model(model).graph
    except (onnx.shape_inference.InferenceError, ValueError):  # a malformed model, or one of more than 2 GB
        inferred = model.graph
    yield from _walk(model.graph, inferred, Scope())


def _without_crashes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model, or a copy in which the operators of ai.onnx.ml are unknown to onnx.

    The inference of onnx 1.23 reads the type of LabelEncoder's input without a look whether it is known. It is unknown
    behind an operator of another domain, such as Tokenizer of com.microsoft.
    """
    known = {"", "ai.onnx", _ML}
    graphs = [model.graph, *list_graphs(model.graph.node)]
    nodes = [node for graph in graphs for node in graph.node]
    if all(node.domain in known for node in nodes) or all(node.domain != _ML for node in nodes):
        return model
    safe = onnx.ModelProto()
    safe.CopyFrom(model)
    safe.opset_import.append(onnx.helper.make_opsetid(_NOT_INFERRED, 1))
    for graph in (safe.graph, *list_graphs(safe.graph.node)):
        for node in graph.node:
            if node.domain == _ML:
                node.domain = _NOT_INFERRED
    return safe


def list_graphs(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.GraphProto]:
    """Yield the subgraphs of nodes, and theirs."""
    for node in nodes:
        for graph in list_own_graphs(node):
            yield graph
            yield from list_graphs(graph.node)


def list_own_graphs(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """Return the subgraphs of one node, without theirs."""
    found = []
    for attribute in node.attribute:
        found += [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]
    return found


def _walk(graph: onnx.GraphProto, inferred: onnx.GraphProto, scope: Scope) -> Iterator[tuple[Any, Scope]]:
    scope.add_graph(inferred)
    for node, known in zip(graph.node, inferred.node, strict=True):
        for inner, inner_known in zip(list_own_graphs(node), list_own_graphs(known), strict=True):
            yield from _walk(inner, inner_known, scope.make_inner())
    yield graph.node, scope


def _read_value(kind: onnx.TypeProto.Tensor) -> _Value:
    if not kind.HasField("shape"):
        return _Value(kind.elem_type, None)
    return _Value(kind.elem_type, tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim))
