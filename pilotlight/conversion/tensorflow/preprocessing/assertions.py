"""Lets a graph fail where a lookup without a place for unknown words gets one.

Keras compares the ids with -1 and asserts that none is equal (StringLookup with num_oov_indices=0). TensorFlow drops
the assertion when it freezes a graph, and the id -1 would then select the last row of an embedding. So the assertions
are read from the traced graph, and a Gather with a position that does not exist is added to the ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder

_ASSERT: Final = "Assert"
_KINDS: Final = ("LookupTableFindV2", "SelectV2", "Select")
"""The operations whose result Keras asserts: the lookup, or what puts the id of the mask into it."""


def find_asserted(traced: Any, tensors: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the operations whose ids must not be -1.

    Args:
        traced: TensorFlow's concrete function.
        tensors: Tensors that it captured, by name.
    """
    graph = traced.graph.as_graph_def()
    return frozenset(
        name
        for nodes in (graph.node, *(function.node_def for function in graph.library.function))
        for name in _find_in({node.name: node for node in nodes}, tensors)
    )


def _find_in(nodes: Mapping[str, Any], tensors: Mapping[str, Any]) -> Iterator[str]:
    for node in nodes.values():
        if node.op != _ASSERT:
            continue
        for above in _list_above(node, nodes):
            if above.op == "Equal" and _is_minus_one(above.input[1], nodes, tensors):
                asserted = nodes.get(_read_name(above.input[0]))
                if asserted is not None and asserted.op in _KINDS:
                    yield asserted.name


def _list_above(node: Any, nodes: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the nodes that a node depends on."""
    waiting, seen = [node], set()
    while waiting:
        for name in map(_read_name, waiting.pop().input):
            if name in nodes and name not in seen:
                seen.add(name)
                waiting.append(nodes[name])
                yield nodes[name]


def _read_name(reference: str) -> str:
    """Return the node of an input such as "name:0" or, in a function, "name:output:0"."""
    return reference.removeprefix("^").partition(":")[0]


def _is_minus_one(reference: str, nodes: Mapping[str, Any], tensors: Mapping[str, Any]) -> bool:
    import tensorflow as tf

    name = _read_name(reference)
    node = nodes.get(name)
    if node is not None and node.op == "Const":
        value = tf.make_ndarray(node.attr["value"].tensor)
    else:
        value = tensors.get(f"{name}:0")
    return value is not None and value.dtype.kind == "i" and bool(np.all(value == -1))


def guard_ids(builder: Builder) -> None:
    """Let the graph fail where the first output of a node is negative.

    Args:
        builder: The graph, at the node.
    """
    graph, ids = builder.graph, builder.node.output[0]
    kind = graph.get_dtype(ids)
    readers = list(graph.find_output_consumers(ids))
    zero = builder.scalar(0, np.int64 if kind == TensorProto.INT64 else np.int32)
    position = builder.cast(builder.add("Less", ids, zero), TensorProto.INT64)
    checked = builder.add("Add", ids, builder.cast(builder.add("Gather", builder.ints(0), position), kind))
    graph.copy_dtype(ids, checked)
    graph.copy_shape(ids, checked)
    graph.replace_all_inputs(ids, checked, ops=readers)
