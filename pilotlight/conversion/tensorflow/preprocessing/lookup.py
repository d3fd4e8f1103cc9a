"""A lookup in a table (StringLookup, IntegerLookup, tf.lookup) as LabelEncoder."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import ML, Builder

_NAMES: Final[dict[type, str]] = {str: "string", int: "int64", float: "float"}
"""How LabelEncoder names the types of keys and values."""


def rewrite_lookup(builder: Builder) -> None:
    """Replace LookupTableFindV2.

    Raises:
        ConversionError: The table cannot be read, or its words are not UTF-8.
    """
    handle, keys, default = builder.node.input
    start = builder.read_constant(default)
    if handle not in builder.trace.tables or start is None:
        builder.refuse("looks words up in a table that cannot be read")
    known, found = (_decode(builder, part) for part in builder.trace.tables[handle])
    (other,) = _decode(builder, np.asarray(start).reshape(-1).tolist())
    if not known:
        builder.answer(builder.add("Expand", default, builder.add("Shape", keys)))
        return
    asked = keys if isinstance(known[0], str) else builder.cast(keys, TensorProto.INT64)
    answer = builder.add("LabelEncoder", asked, domain=ML, **_make_attributes(known, found, other))
    datatype = builder.graph.get_dtype(builder.node.output[0])
    builder.answer(answer if isinstance(other, str) else builder.cast(answer, datatype))


def _make_attributes(known: list[Any], found: list[Any], other: Any) -> dict[str, Any]:
    key, value = _NAMES[type(known[0])], _NAMES[type(found[0])]
    return {f"keys_{key}s": known, f"values_{value}s": found, f"default_{value}": other}


def _decode(builder: Builder, values: list[Any]) -> list[Any]:
    """Return bytes as str, and numbers as they are."""
    try:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError:
        builder.refuse("holds words that are not UTF-8", "Save the vocabulary as UTF-8.")
