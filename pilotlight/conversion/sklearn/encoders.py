"""Converters for OneHotEncoder, OrdinalEncoder and TargetEncoder, in place of those of skl2onnx.

Those of skl2onnx cut a float to a whole number before they look it up, refuse infrequent categories, and end with an
error on an unknown category that scikit-learn counts as an infrequent one. Here each column is looked up in a table:

    column [n, 1] ── LabelEncoder ──▶ row [n, 1] ── Gather over the table [categories + 1, width] ──▶ [n, width]

The last row answers unknown categories. An encoder that forbids them has no such row, and Gather reports the error.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from pilotlight.core.frames import is_blank

_ML: Final = "ai.onnx.ml"
_FORBIDS: Final = "error"


@functools.cache
def register_encoders() -> None:
    """Give the converters to skl2onnx, once a process."""
    from skl2onnx import update_registered_converter
    from sklearn import preprocessing

    for name, list_tables in _TABLES.items():
        update_registered_converter(
            getattr(preprocessing, name),
            f"Sklearn{name}",
            functools.partial(_set_output_type, list_tables),
            functools.partial(_convert, list_tables),
            overwrite=True,
        )


def list_one_hot_tables(encoder: Any) -> list[NDArray[np.float64]]:
    """Return the table of each column of a OneHotEncoder: the row of zeros and ones for each category.

    Source: sklearn.preprocessing.OneHotEncoder.transform; the infrequent categories share the last position.

    Args:
        encoder: The fitted encoder.
    """
    tables = []
    for place, categories in enumerate(encoder.categories_):
        positions, infrequent = _group_infrequent(encoder, place, len(categories))
        width = int(positions.max()) + 1 if len(positions) else 0
        table = np.eye(width)[positions]
        unknown = np.zeros((1, width))
        if encoder.handle_unknown in ("infrequent_if_exist", "warn") and infrequent is not None:
            unknown[0, infrequent] = 1
        drop = None if encoder.drop_idx_ is None else encoder.drop_idx_[place]
        whole = table if encoder.handle_unknown == _FORBIDS else np.vstack([table, unknown])
        tables.append(whole if drop is None else np.delete(whole, _dropped_position(encoder, place, drop), axis=1))
    return tables


def list_ordinal_tables(encoder: Any) -> list[NDArray[np.float64]]:
    """Return the table of each column of an OrdinalEncoder: the number of each category.

    Source: sklearn.preprocessing.OrdinalEncoder.transform.

    Args:
        encoder: The fitted encoder.
    """
    tables = []
    for place, categories in enumerate(encoder.categories_):
        missing = getattr(encoder, "_missing_indices", {}).get(place)
        known = len(categories) - (missing is not None)  # a missing value comes last, and is never infrequent
        numbers = _group_infrequent(encoder, place, known)[0].astype(np.float64)
        if missing is not None:
            numbers = np.append(numbers, encoder.encoded_missing_value)
        unknown = [] if encoder.handle_unknown == _FORBIDS else [encoder.unknown_value]
        tables.append(np.array([*numbers, *unknown], np.float64)[:, None])
    return tables


def list_target_tables(encoder: Any) -> list[NDArray[np.float64]]:
    """Return the table of each column of a TargetEncoder: the mean of the target by category; of all, if unknown.

    Source: sklearn.preprocessing.TargetEncoder.transform.

    Args:
        encoder: The fitted encoder.
    """
    means = np.atleast_1d(encoder.target_mean_)
    columns = [
        np.append(encoding, means[place % len(means)])[:, None] for place, encoding in enumerate(encoder.encodings_)
    ]
    return [np.hstack(columns[start : start + len(means)]) for start in range(0, len(columns), len(means))]


_TABLES: Final = {
    "OneHotEncoder": list_one_hot_tables,
    "OrdinalEncoder": list_ordinal_tables,
    "TargetEncoder": list_target_tables,
}


def _group_infrequent(encoder: Any, place: int, count: int) -> tuple[NDArray[np.int64], int | None]:
    """Return the position of each category of a column, and the one that the infrequent categories share."""
    mappings = getattr(encoder, "_default_to_infrequent_mappings", None)
    mapping = mappings[place] if mappings is not None else None
    if mapping is None:
        return np.arange(count), None
    return np.asarray(mapping, np.int64), int(np.max(mapping))


def _dropped_position(encoder: Any, place: int, drop: int) -> int:
    return int(_group_infrequent(encoder, place, len(encoder.categories_[place]))[0][drop])


def _set_output_type(list_tables: Any, operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

    encoder = operator.raw_operator
    width = sum(table.shape[1] for table in list_tables(encoder))
    whole = np.issubdtype(getattr(encoder, "dtype", np.float64), np.signedinteger)
    kind = Int64TensorType if whole else FloatTensorType
    operator.outputs[0].type = kind([operator.inputs[0].get_first_dimension(), width])


def _convert(list_tables: Any, scope: Any, operator: Any, container: Any) -> None:
    encoder = operator.raw_operator
    whole = np.issubdtype(getattr(encoder, "dtype", np.float64), np.signedinteger)
    nodes = _Nodes(scope, container)
    parts = []
    tables = list_tables(encoder)
    for (column, kind), categories, table in zip(
        _list_columns(operator, nodes), encoder.categories_, tables, strict=True
    ):
        row = nodes.look_up(column, kind, categories)
        parts.append(
            nodes.add("Gather", [nodes.constant(table.astype(np.int64 if whole else np.float32)), row], axis=0)
        )
    container.add_node(
        "Concat", parts, operator.outputs[0].full_name, axis=1, name=scope.get_unique_operator_name("Concat")
    )


def _list_columns(operator: Any, nodes: _Nodes) -> Iterator[tuple[str, str]]:
    """Yield each column with the kind of its values: words, whole or floats."""
    for variable in operator.inputs:
        name = type(variable.type).__name__
        kind = "words" if "String" in name else "whole" if "Int" in name or "Bool" in name else "floats"
        sizes = variable.type.shape
        # Another converter, such as that of RandomTreesEmbedding, leaves out the number of columns.
        width = sizes[1] if len(sizes) > 1 else len(operator.raw_operator.categories_)
        for place in range(width):
            column = variable.full_name
            if width > 1:
                column = nodes.add("Gather", [column, nodes.constant(np.array([place], np.int64))], axis=1)
            yield column, kind


class _Nodes:
    """Adds nodes to the graph of skl2onnx."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def add(self, kind: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        output: str = self._scope.get_unique_variable_name(f"encoded_{kind}")
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, inputs, output, op_domain=domain, name=name, **attributes)
        return output

    def constant(self, value: NDArray[Any]) -> str:
        name: str = self._scope.get_unique_variable_name("encoded_constant")
        kind = TensorProto.INT64 if value.dtype.kind == "i" else TensorProto.FLOAT
        self._container.add_initializer(name, kind, list(value.shape), value.ravel())
        return name

    def look_up(self, column: str, kind: str, categories: NDArray[Any]) -> str:
        """Return the row of the table for each sample, of shape [n]: the last one for an unknown category."""
        count = len(categories)
        rows = list(range(count))
        if kind == "words":
            keys: dict[str, Any] = {"keys_strings": [str(value).encode() for value in categories]}
        elif kind == "whole":
            column = self.add("Cast", [column], to=TensorProto.INT64)
            rows = [row for row in rows if float(categories[row]).is_integer()]
            keys = {"keys_int64s": [int(categories[row]) for row in rows]}
        else:
            column = self.add("Cast", [column], to=TensorProto.FLOAT)
            rows = [row for row in rows if not is_blank(float(categories[row]))]
            keys = {"keys_floats": [float(categories[row]) for row in rows]}
        found = self.add("LabelEncoder", [column], _ML, values_int64s=rows, default_int64=count, **keys)
        if len(rows) < count and kind == "floats":
            missing = next(row for row in range(count) if row not in rows)
            blank = self.constant(np.array([missing], np.int64))
            found = self.add("Where", [self.add("IsNaN", [column]), blank, found])
        return self.add("Reshape", [found, self.constant(np.array([-1], np.int64))])
