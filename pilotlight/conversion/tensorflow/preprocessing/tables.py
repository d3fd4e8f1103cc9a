"""What a traced function holds outside its graph: lookup tables and constants."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

STRING: Final = 7
"""TensorFlow's number of the datatype string."""
LOOKUP: Final = "LookupTableFindV2"


class Table(NamedTuple):
    """A lookup table.

    Attributes:
        keys: Its keys: bytes or numbers.
        values: A value for each key.
    """

    keys: list[Any]
    values: list[Any]


class Trace(NamedTuple):
    """What is known of the traced model.

    Attributes:
        where: The name of the model in an error.
        layers: The names of its layers.
        tensors: Tensors that the traced function captured, by name.
        tables: Tables that it looks words up in, by the name of their handle.
        shapes: The shapes of what it looks up, by name, which tf2onnx cannot infer.
    """

    where: str
    layers: Collection[str]
    tensors: Mapping[str, Any]
    tables: Mapping[str, Table]
    shapes: Mapping[str, Any]


def read_trace(traced: Any, where: str, layers: Collection[str]) -> Trace:
    """Read what a traced function captured.

    Args:
        traced: TensorFlow's concrete function.
        where: The name of the model in an error.
        layers: The names of its layers.
    """
    import tensorflow as tf

    captures = list(traced.graph.captures)
    hidden = (tf.resource, tf.variant)
    tensors = {inner.name: np.asarray(outer) for outer, inner in captures if inner.dtype not in hidden}
    if all(kind != LOOKUP for kind, _ in iterate_operations(traced)):
        return Trace(where, layers, tensors, {}, {})
    handles = {inner.name: outer for outer, inner in captures if inner.dtype == tf.resource}
    lookups = _find_lookups(tf, traced)
    tables = {
        lookup.inputs[0].name: _read_table(tf, handles[lookup.inputs[0].name], lookup)
        for lookup in lookups
        if lookup.inputs[0].name in handles
    }
    # TensorFlow loses them when it freezes the graph.
    shapes = {lookup.outputs[0].name: lookup.inputs[1].shape for lookup in lookups}
    known = {name: shape.as_list() for name, shape in shapes.items() if shape.rank is not None}
    return Trace(where, layers, tensors, tables, known)


def iterate_operations(traced: Any) -> Iterator[tuple[str, int]]:
    """Yield the kind of each operation and TensorFlow's number of its datatype, those of inner functions included."""
    graph = traced.graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    for node in nodes:
        yield node.op, node.attr["T"].type if "T" in node.attr else 0


def _find_lookups(tf: Any, traced: Any) -> list[Any]:
    """Return the lookups of the graph that tf2onnx sees, in which inner functions are part of the outer one."""
    from tf2onnx import tf_loader

    inputs, outputs = (
        [tensor.name for tensor in part if tensor.dtype != tf.resource] for part in (traced.inputs, traced.outputs)
    )
    frozen = tf_loader.from_function(traced, inputs, outputs)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
    return [operation for operation in graph.get_operations() if operation.type == LOOKUP]


def _read_table(tf: Any, handle: Any, lookup: Any) -> Table:
    """Read a table, ordered by its keys: a table has no order, and equal models must give equal graphs."""
    kinds = {"Tkeys": lookup.inputs[1].dtype, "Tvalues": lookup.outputs[0].dtype}
    found = tf.raw_ops.LookupTableExportV2(table_handle=handle, **kinds)
    pairs = sorted(zip(*(part.numpy().tolist() for part in found), strict=True))
    return Table([key for key, _ in pairs], [value for _, value in pairs])
