"""Registers our converters with skl2onnx. A converter is a formula: it takes an estimator and returns its results."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.sklearn.converters.nodes import Nodes

Formula: TypeAlias = Callable[[Any, Nodes, str], Sequence[str]]
"""Takes the fitted estimator, the nodes, and the name of the samples in double precision, [n, features]. Returns the
names of its results: one of a regressor or transformer; label and scores of a classifier, clusterer or outlier
detector."""


class Entry(NamedTuple):
    """One formula.

    Attributes:
        estimator: The class with its module.
        formula: The formula.
        results: What it returns, in order: "label" or anything else for numbers.
        options: The options of skl2onnx that it heeds, such as "raw_scores".
    """

    estimator: str
    formula: Formula
    results: tuple[str, ...]
    options: tuple[str, ...]


ENTRIES: Final[list[Entry]] = []


def convert_by(
    *estimators: str, results: Sequence[str] = ("value",), options: Sequence[str] = ()
) -> Callable[[Formula], Formula]:
    """Register a formula for classes, each given with its module below sklearn.

    Args:
        estimators: Such as "cluster.Birch".
        results: See Entry.
        options: See Entry.
    """

    def keep(formula: Formula) -> Formula:
        ENTRIES.extend(Entry(f"sklearn.{name}", formula, tuple(results), tuple(options)) for name in estimators)
        return formula

    return keep


def register_entry(entry: Entry) -> None:
    """Give a formula to skl2onnx. A class that this version of scikit-learn lacks is left out."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.data_types import FloatTensorType

    module, _, name = entry.estimator.rpartition(".")
    estimator = getattr(importlib.import_module(module), name, None)
    if estimator is None:
        return

    alias = f"Pilotlight{name}"

    def convert(scope: Any, operator: Any, container: Any) -> None:
        nodes = Nodes(scope, container, operator)
        write_results(nodes, entry.formula(operator.raw_operator, nodes, nodes.read()))

    def parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
        del custom_parsers  # it is for the steps of a model, and this one has none
        operator = scope.declare_local_operator(alias, model)
        operator.inputs = inputs
        for result in entry.results:
            kind = find_label_type(model) if result == "label" else FloatTensorType
            operator.outputs.append(scope.declare_local_variable(result, kind()))
        return operator.outputs

    options = {"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [True, False]}
    options |= {option: [True, False] for option in entry.options}
    update_registered_converter(estimator, alias, set_output_types, convert, parser=parse, options=options)


def write_results(nodes: Nodes, results: Sequence[str]) -> None:
    """Give the results of a formula to the outputs of its operator, in their types."""
    for result, variable in zip(results, nodes.operator.outputs, strict=False):
        name = nodes.scope.get_unique_operator_name("Cast")
        nodes.container.add_node("Cast", [result], [variable.full_name], name=name, to=_find_element_type(variable))


def set_output_types(operator: Any) -> None:
    """Set the types of an operator's outputs: labels as the classes are, numbers in the precision of the inputs."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    floats = DoubleTensorType if isinstance(operator.inputs[0].type, DoubleTensorType) else FloatTensorType
    for variable in operator.outputs:
        if variable.raw_name.startswith("label"):
            variable.type = find_label_type(operator.raw_operator)([None])
        else:
            single = len(operator.outputs) == 1
            variable.type = floats([None, _count_columns(operator.raw_operator) if single else None])


def find_label_type(model: Any) -> Any:
    """Return skl2onnx's type of a classifier's label: texts, or 64-bit integers."""
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    classes = getattr(model, "classes_", ())
    first = classes[0] if isinstance(classes, list) else classes
    return StringTensorType if np.asarray(first).dtype.kind in "OSU" else Int64TensorType


def _count_columns(model: Any) -> int | None:
    names = getattr(model, "get_feature_names_out", None)
    try:
        return None if names is None else len(names())
    except (AttributeError, ValueError, TypeError):  # it needs the names of inputs, or is defective
        return None


def _find_element_type(variable: Any) -> int:
    known = {
        "Int64TensorType": TensorProto.INT64,
        "StringTensorType": TensorProto.STRING,
        "DoubleTensorType": TensorProto.DOUBLE,
    }
    return known.get(type(variable.type).__name__, TensorProto.FLOAT)
