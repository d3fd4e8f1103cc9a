"""A lookup in a table (StringLookup, IntegerLookup, tf.lookup) as LabelEncoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.keras_preprocessing.builder import ML, Builder
from pilotlight.conversion.keras_preprocessing.tables import Table


def rewrite_lookup(builder: Builder, tables: Mapping[str, Table]) -> None:
    """Replace LookupTableFindV2.

    Raises:
        ConversionError: The table is filled elsewhere, or its words are not UTF-8.
    """
    handle, keys, default = builder.node.input
    table = tables.get(handle.split(":")[0])
    if table is None:
        builder.refuse("looks words up in a table that the trace cannot read")
    start = builder.read_constant(default)
    if start is None:
        builder.refuse("computes the answer for unknown words, which ONNX cannot")
    inner = builder.graph.get_dtype(builder.node.output[0])
    known, found = _read_words(builder, table.keys), _read_words(builder, table.values)
    (other,) = _read_words(builder, np.asarray(start).reshape(1))
    if len(known) == 0:
        shape = builder.add("Shape", keys)
        builder.answer(builder.add("Expand", default, shape))
        return
    asked = keys if isinstance(known[0], str) else builder.cast(keys, TensorProto.INT64)
    answer = builder.add("LabelEncoder", asked, domain=ML, **_make_attributes(known, found, other))
    builder.answer(answer if isinstance(other, str) else builder.cast(answer, inner))


def _make_attributes(known: list[Any], found: list[Any], other: Any) -> dict[str, Any]:
    kinds = {str: "string", int: "int64", float: "float"}
    key, value = kinds[type(known[0])], kinds[type(found[0])]
    return {f"keys_{key}s": known, f"values_{value}s": found, f"default_{value}": other}


def _read_words(builder: Builder, array: Any) -> list[Any]:
    """Return keys or values as Python's str, int or float."""
    values = array.tolist()
    try:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError:
        builder.refuse("holds words that are not UTF-8", "Save the vocabulary as UTF-8.")


def rewrite_assertion(builder: Builder) -> None:
    """Let the graph fail where a lookup without a place for unknown words gets one.

    tf2onnx drops Assert, and the answer -1 would then select the last row of an embedding. The assertion of Keras
    compares the ids with -1. So a Gather with a position that does not exist is added to the ids.

    Args:
        builder: The graph, at an Assert node.
    """
    graph = builder.graph
    for equal in list(_find_above(builder.node, "Equal")):
        ids, minus = equal.input[0], builder.read_constant(equal.input[1])
        kind = graph.get_dtype(ids)
        if minus is None or np.any(minus != -1) or kind not in (TensorProto.INT64, TensorProto.INT32):
            continue
        readers = list(graph.find_output_consumers(ids))
        zero = builder.scalar(0, np.int64 if kind == TensorProto.INT64 else np.int32)
        position = builder.cast(builder.add("Less", ids, zero), TensorProto.INT64)
        checked = builder.add("Add", ids, builder.cast(builder.add("Gather", builder.ints(0), position), kind))
        graph.copy_dtype(ids, checked)
        graph.copy_shape(ids, checked)
        graph.replace_all_inputs(ids, checked, ops=readers)
    graph.remove_node(builder.node.name)


def _find_above(node: Any, kind: str) -> Iterator[Any]:
    """Yield the nodes of a kind that a node depends on."""
    waiting, seen = [node], set()
    while waiting:
        for above in waiting.pop().inputs:
            if above is not None and above.name not in seen:
                seen.add(above.name)
                waiting.append(above)
                if above.type == kind:
                    yield above
