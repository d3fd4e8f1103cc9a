"""The categories that encoders take, such as OneHotEncoder(handle_unknown="error") of scikit-learn.

    input ── Reshape, Cast, Gather of one column ──▶ LabelEncoder ── Reshape ──▶ Gather over a table of n rows

LabelEncoder answers an unknown category with its default. Where the table has no such row, the graph refuses it.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import onnx
from onnx import numpy_helper

from pilotlight.conversion.table_sizes import list_table_sizes

_ML: Final = "ai.onnx.ml"
_KEEPS_VALUES: Final = frozenset({"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"})
_KEYS: Final = ("keys_strings", "keys_int64s", "keys_floats")


class Categories(NamedTuple):
    """The categories that an input takes, or one column of it.

    Attributes:
        column: The column of the input's last axis; None for the whole input.
        values: Texts, whole numbers or floats; None where the graph changes the input before it looks it up.
        blank: Whether NaN counts as a category.
    """

    column: int | None
    values: tuple[str | int | float, ...] | None
    blank: bool = False


class _Source(NamedTuple):
    """What a value of the graph holds: an input, or one column of it. changed: whether its values are others."""

    name: str
    column: int | None = None
    changed: bool = False


class _Row(NamedTuple):
    """The row of a table for each value of an input. default: that of unknown categories."""

    source: _Source
    categories: Categories
    default: int


def find_categories(model: onnx.ModelProto) -> dict[str, list[Categories]]:
    """Return the categories of each input whose unknown categories the graph refuses.

    Args:
        model: The model, with or without its external data.

    Returns:
        By input, in the order of the graph.
    """
    walk = _Walk(model)
    for node in model.graph.node:  # each after its inputs, as ONNX demands
        walk.visit(node)
    return walk.found


class _Walk:
    """Follows the inputs through the graph, one node after the other."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.found: dict[str, list[Categories]] = {}
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._dims = {name: tuple(tensor.dims) for name, tensor in self._weights.items()}
        inputs = (each.name for each in model.graph.input if each.name not in self._weights)
        self._sources: dict[str, _Source | None] = {name: _Source(name) for name in inputs}
        """None for a value that several inputs make."""
        self._rows: dict[str, _Row] = {}
        self._blanks: set[str] = set()
        """Values that tell where an input is NaN."""

    def visit(self, node: onnx.NodeProto) -> None:
        for name, size in list_table_sizes(node, self._dims):
            row = self._rows.get(name)
            if row is not None and not -size <= row.default < size:
                self.found.setdefault(row.source.name, []).append(row.categories)
        self._follow_rows(node)
        origins = [self._sources[name] for name in node.input if name in self._sources]
        if not origins:
            return
        source = self._derive(node, origins)
        if source is not None and _is_label_encoder(node):
            self._rows[node.output[0]] = _read_row(node, source)
            source = source._replace(changed=True)
        elif node.op_type == "IsNaN":
            self._blanks.add(node.output[0])
        self._sources.update((name, source) for name in node.output)

    def _follow_rows(self, node: onnx.NodeProto) -> None:
        if node.op_type == "Where" and node.input[0] in self._blanks and node.input[2] in self._rows:
            row = self._rows[node.input[2]]
            self._rows[node.output[0]] = row._replace(categories=row.categories._replace(blank=True))
        elif node.op_type in _KEEPS_VALUES and node.input[0] in self._rows:
            self._rows[node.output[0]] = self._rows[node.input[0]]

    def _derive(self, node: onnx.NodeProto, origins: list[_Source | None]) -> _Source | None:
        """Derive what the outputs of a node hold from what its inputs hold."""
        first = origins[0]
        if first is None or any(each is None or each.name != first.name for each in origins):
            return None
        if len(set(origins)) > 1:
            return _Source(first.name, changed=True)
        if node.op_type in _KEEPS_VALUES or _is_label_encoder(node):
            return first
        column = self._read_column(node) if first == _Source(first.name) else None
        return first._replace(changed=True) if column is None else _Source(first.name, column)

    def _read_column(self, node: onnx.NodeProto) -> int | None:
        """Read the only column that a Gather takes of a matrix; None where it takes others."""
        index = self._weights.get(node.input[1]) if node.op_type == "Gather" else None
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
        if index is None or axis != 1 or list(index.dims) != [1]:
            return None
        return int(numpy_helper.to_array(index)[0])


def _is_label_encoder(node: onnx.NodeProto) -> bool:
    return node.op_type == "LabelEncoder" and node.domain == _ML


def _read_row(node: onnx.NodeProto, source: _Source) -> _Row:
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    values = next((_read_values(attributes[name]) for name in _KEYS if name in attributes), None)
    default = attributes.get("default_int64", -1)
    return _Row(source, Categories(source.column, None if source.changed else values), default)


def _read_values(keys: Any) -> tuple[str | int | float, ...] | None:
    """Read the keys of a LabelEncoder; None where JSON has none of them."""
    try:
        values = tuple(key.decode() if isinstance(key, bytes) else key for key in keys)
    except UnicodeDecodeError:
        return None
    return None if any(isinstance(value, float) and not math.isfinite(value) for value in values) else values
