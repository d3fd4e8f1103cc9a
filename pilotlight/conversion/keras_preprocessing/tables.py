"""The content of TensorFlow's lookup tables, which a traced function holds as resources outside its graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np


class Table(NamedTuple):
    """One table.

    Attributes:
        keys: The keys, with one axis: bytes or integers.
        values: One value a key.
    """

    keys: Any
    values: Any


def read_tables(captures: Iterable[tuple[Any, Any]], operations: Iterable[Any]) -> dict[str, Table]:
    """Read the tables that a traced function looks words up in.

    Args:
        captures: Pairs of the tensor outside the trace and its placeholder inside.
        operations: The operations of the traced graph.

    Returns:
        The tables by the name of the placeholder's operation, ordered by their values.
    """
    import tensorflow as tf

    outside = {inner.op.name: outer for outer, inner in captures if inner.dtype == tf.resource}
    tables: dict[str, Table] = {}
    for operation in operations:
        name = str(operation.inputs[0].op.name) if operation.type == "LookupTableFindV2" else ""
        if name not in outside or name in tables:
            continue
        keys, values = tf.raw_ops.LookupTableExportV2(
            table_handle=outside[name], Tkeys=operation.inputs[1].dtype, Tvalues=operation.outputs[0].dtype
        )
        tables[name] = _sort(keys.numpy(), values.numpy())
    return tables


def _sort(keys: Any, values: Any) -> Table:
    """Give a table one order. A hash table has none, and equal models must give equal graphs."""
    order = sorted(range(len(keys)), key=lambda index: keys[index])
    return Table(np.asarray([keys[index] for index in order]), np.asarray([values[index] for index in order]))


def read_tensors(captures: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Read the tensors that a traced function captured: its constants, which tf2onnx takes for inputs.

    Args:
        captures: Pairs of the tensor outside the trace and its placeholder inside.

    Returns:
        The values by the name of the placeholder.
    """
    import tensorflow as tf

    hidden = (tf.resource, tf.variant)
    return {inner.name: np.asarray(outer) for outer, inner in captures if inner.dtype not in hidden}


def read_shapes(traced: Any) -> dict[str, list[int | None]]:
    """Read the shapes of what a traced function looks up. They are lost when its graph is frozen.

    Args:
        traced: TensorFlow's concrete function.

    Returns:
        The shapes by the name of the tensor, for tf2onnx. Open dimensions are None.
    """
    found = {
        operation.outputs[0].name: operation.outputs[0].shape
        for operation in traced.graph.get_operations()
        if operation.type == "LookupTableFindV2" and operation.outputs[0].shape.rank is not None
    }
    if not found:
        return {}
    from tf2onnx import tf_loader

    names = [
        [tensor.name for tensor in part if tensor.dtype.name != "resource"] for part in (traced.inputs, traced.outputs)
    ]
    kept = {f"{node.name}:0" for node in tf_loader.from_function(traced, *names).node}
    return {name: shape.as_list() for name, shape in found.items() if name in kept}
