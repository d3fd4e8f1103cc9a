"""Gives equal models equal bytes.

A converter numbers tensors by counters of the process and orders them by hashes, so the same weights give different
bytes each time. But the name of a version is a digest of its content. Therefore nodes are sorted into an order that
depends on the graph alone, and everything except the model's inputs and outputs is named by its position in that order.

The result keeps what the converter's optimizer leaves: inside a Loop (a Keras GRU), tf2onnx sometimes leaves one more
Identity. Then the same weights are two versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import onnx

from pilotlight_runtime.signature import Signature, TensorSpec


def canonicalize(model: onnx.ModelProto, signature: Signature) -> onnx.ModelProto:
    """Return a copy of a model in canonical order and with canonical names.

    Args:
        model: The model. Its inputs and outputs are in the order of the signature.
        signature: The names and shapes of the inputs and outputs. It fixes dimensions that the graph leaves open.

    Returns:
        The copy; equal for two models that differ only in the order or the names of their nodes and weights.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.doc_string = ""
    graph = result.graph
    names = {value.name: spec.name for value, spec in zip(graph.input, signature.inputs, strict=True)}
    outputs = {value.name: spec.name for value, spec in zip(graph.output, signature.outputs, strict=True)}
    prefix = "/"  # for every new name; no name of the signature may begin with it
    while any(spec.name.startswith(prefix) for spec in (*signature.inputs, *signature.outputs)):
        prefix += "/"
    _canonicalize_graph(graph, {**names, **outputs}, prefix)
    for values, specs in ((graph.input, signature.inputs), (graph.output, signature.outputs)):
        for value, spec in zip(values, specs, strict=True):
            _set_shape(value, spec)
    graph.name = "model"
    return result


def _canonicalize_graph(graph: onnx.GraphProto, names: Mapping[str, str], prefix: str) -> None:
    """Sort and rename a graph in place.

    Args:
        graph: The graph, or the subgraph of a node.
        names: The names that outer scopes and the interface have fixed.
        prefix: The prefix of every name in this scope.
    """
    fixed = dict(names)
    for index, value in enumerate(graph.input):
        fixed.setdefault(value.name, f"{prefix}in{index}")
    nodes = _sort_nodes(graph)
    weights = _list_used_initializers(graph, nodes)
    for index, tensor in enumerate(weights):
        fixed.setdefault(tensor.name, f"{prefix}w{index}")
    for index, node in enumerate(nodes):
        for position, name in enumerate(node.output):
            if name:
                fixed.setdefault(name, f"{prefix}{node.op_type}_{index}" + (f"_{position}" if position else ""))
    for index, node in enumerate(nodes):
        _rename_node(node, fixed, f"{prefix}{node.op_type}_{index}")
    for tensor in weights:
        tensor.name = fixed[tensor.name]
        tensor.doc_string = ""
    for value in (*graph.input, *graph.output):
        value.name = fixed.get(value.name, value.name)
        value.doc_string = ""
        for dim in value.type.tensor_type.shape.dim:
            dim.ClearField("dim_param")  # a number of a counter too; a dimension without a size stays open
    _replace_items(graph.node, nodes)
    _replace_items(graph.initializer, weights)
    del graph.value_info[:]
    graph.doc_string = ""
    graph.name = f"{prefix}graph"


def _rename_node(node: onnx.NodeProto, names: Mapping[str, str], label: str) -> None:
    node.name = label
    node.doc_string = ""
    for values in (node.input, node.output):
        for index, name in enumerate(values):
            values[index] = names.get(name, name)
    for attribute in node.attribute:
        for index, graph in enumerate(_list_subgraphs(attribute)):
            _canonicalize_graph(graph, names, f"{label}.{attribute.name}{index}.")
    _replace_items(node.attribute, sorted(node.attribute, key=lambda attribute: attribute.name))


def _sort_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes that the outputs need, each after its inputs: depth first from the outputs, inputs in order."""
    producer = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    done: dict[int, None] = {}
    stack = [producer[value.name] for value in reversed(graph.output) if value.name in producer]
    while stack:
        index = stack[-1]
        waiting = [producer[name] for name in _list_read_names(graph.node[index]) if name in producer]
        waiting = [other for other in waiting if other not in done and other != index]
        if index in done or not waiting:
            done[stack.pop()] = None
        else:
            stack.append(waiting[0])
    return [graph.node[index] for index in done]


def _list_used_initializers(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> list[onnx.TensorProto]:
    """Return the initializers in the order in which nodes first read them."""
    by_name = {tensor.name: tensor for tensor in graph.initializer}
    order = [name for node in nodes for name in _list_read_names(node)] + [value.name for value in graph.output]
    return [by_name[name] for name in dict.fromkeys(order) if name in by_name]


def _list_read_names(node: onnx.NodeProto) -> list[str]:
    """Return the names that a node reads, including those that its subgraphs read from outside."""
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        for graph in _list_subgraphs(attribute):
            own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
            own |= {name for inner in graph.node for name in inner.output}
            inner_reads = [name for inner in graph.node for name in _list_read_names(inner)]
            inner_reads += [value.name for value in graph.output]
            names += [name for name in inner_reads if name not in own]
    return names


def _list_subgraphs(attribute: onnx.AttributeProto) -> list[onnx.GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _replace_items(field: Any, items: Iterable[Any]) -> None:
    """Replace the items of a repeated field. They may be its own, so they are copied before the field is cleared."""
    copies = []
    for item in items:
        copy = type(item)()
        copy.CopyFrom(item)
        copies.append(copy)
    del field[:]
    field.extend(copies)


def _set_shape(value: onnx.ValueInfoProto, spec: TensorSpec) -> None:
    """Name open dimensions by their position, and fix those that the signature knows."""
    shape = value.type.tensor_type.shape
    if not value.type.tensor_type.HasField("shape"):
        for _ in spec.shape:
            shape.dim.add()
    if len(shape.dim) != len(spec.shape):
        return
    for index, (dim, size) in enumerate(zip(shape.dim, spec.shape, strict=True)):
        if dim.HasField("dim_value") and dim.dim_value >= 0:
            continue
        if size >= 0:
            dim.dim_value = size
        else:
            dim.dim_param = "batch" if index == 0 else f"{spec.name}_{index}"
