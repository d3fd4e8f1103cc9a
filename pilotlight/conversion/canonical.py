"""One model, one sequence of bytes.

A converter numbers its tensors by counters of the process and orders them by hashes, so the same weights give other
bytes each time. A version is named by its content; therefore nodes are put into an order that follows from the graph
alone, and everything but the model's inputs and outputs is named after its place in that order.

What the converter's own optimiser leaves is kept: inside a Loop (a Keras GRU) tf2onnx now and then leaves one Identity
more, and then the same weights are two versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import onnx

from pilotlight_runtime.signature import Signature, TensorSpec


def canonical(model: onnx.ModelProto, signature: Signature) -> onnx.ModelProto:
    """A copy of `model` with canonical order and names; inputs and outputs are called and shaped as in `signature`.

    The graph's inputs and outputs must be in the signature's order. A dimension that the graph leaves open becomes the
    signature's.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.doc_string = ""
    graph = result.graph
    names = {value.name: spec.name for value, spec in zip(graph.input, signature.inputs, strict=True)}
    outputs = {value.name: spec.name for value, spec in zip(graph.output, signature.outputs, strict=True)}
    prefix = "/"  # of every name that is chosen here, longer than what any name of the signature begins with
    while any(spec.name.startswith(prefix) for spec in (*signature.inputs, *signature.outputs)):
        prefix += "/"
    _canonical_graph(graph, {**names, **outputs}, prefix)
    for values, specs in ((graph.input, signature.inputs), (graph.output, signature.outputs)):
        for value, spec in zip(values, specs, strict=True):
            _shape(value, spec)
    graph.name = "model"
    return result


def _canonical_graph(graph: onnx.GraphProto, names: Mapping[str, str], prefix: str) -> None:
    """Orders and renames in place. names: what outer scopes and the interface fixed. prefix: of this scope's names."""
    fixed = dict(names)
    for index, value in enumerate(graph.input):
        fixed.setdefault(value.name, f"{prefix}in{index}")
    nodes = _ordered(graph)
    weights = _used_weights(graph, nodes)
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
            dim.ClearField("dim_param")  # a counter's number too; a dimension without a size is open all the same
    _replace(graph.node, nodes)
    _replace(graph.initializer, weights)
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
        for index, graph in enumerate(_graphs(attribute)):
            _canonical_graph(graph, names, f"{label}.{attribute.name}{index}.")
    _replace(node.attribute, sorted(node.attribute, key=lambda attribute: attribute.name))


def _ordered(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that the outputs need, each after what it reads: depth first from the outputs, inputs left to right."""
    producer = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    done: dict[int, None] = {}
    stack = [producer[value.name] for value in reversed(graph.output) if value.name in producer]
    while stack:
        index = stack[-1]
        waiting = [producer[name] for name in _reads(graph.node[index]) if name in producer]
        waiting = [other for other in waiting if other not in done and other != index]
        if index in done or not waiting:
            done[stack.pop()] = None
        else:
            stack.append(waiting[0])
    return [graph.node[index] for index in done]


def _used_weights(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> list[onnx.TensorProto]:
    """The initialisers in the order in which they are first read."""
    by_name = {tensor.name: tensor for tensor in graph.initializer}
    order = [name for node in nodes for name in _reads(node)] + [value.name for value in graph.output]
    return [by_name[name] for name in dict.fromkeys(order) if name in by_name]


def _reads(node: onnx.NodeProto) -> list[str]:
    """The names that a node reads, those that its subgraphs take from outside included."""
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        for graph in _graphs(attribute):
            own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
            own |= {name for inner in graph.node for name in inner.output}
            inner_reads = [name for inner in graph.node for name in _reads(inner)]
            inner_reads += [value.name for value in graph.output]
            names += [name for name in inner_reads if name not in own]
    return names


def _graphs(attribute: onnx.AttributeProto) -> list[onnx.GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _replace(field: Any, items: Iterable[Any]) -> None:
    """Gives a repeated field new items; they may be its own, so they are copied before it is emptied."""
    copies = []
    for item in items:
        copy = type(item)()
        copy.CopyFrom(item)
        copies.append(copy)
    del field[:]
    field.extend(copies)


def _shape(value: onnx.ValueInfoProto, spec: TensorSpec) -> None:
    """Names open dimensions after their place, and closes those that the signature knows."""
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
