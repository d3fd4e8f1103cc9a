"""Registers our converters with skl2onnx. A converter is a formula: it takes an estimator and returns its results."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.sklearn_converters.nodes import Nodes

Formula: TypeAlias = Callable[[Any, Nodes, str], Sequence[str]]
"""Takes the fitted estimator, the nodes, and the name of the samples in double precision, [n, features]. Returns the
names of its results: one of a regressor or transformer; label and scores of a classifier, clusterer or outlier
detector."""


class Entry(NamedTuple):
    """One formula.

    Attributes:
        estimator: The class with its module.
        formula: The formula.
        options: The options of skl2onnx that it heeds: "raw_scores" or "score_samples".
    """

    estimator: str
    formula: Formula
    options: tuple[str, ...]


ENTRIES: Final[list[Entry]] = []


def convert_by(*estimators: str, options: Sequence[str] = ()) -> Callable[[Formula], Formula]:
    """Register a formula for classes, each given with its module below sklearn.

    Args:
        estimators: Such as "cluster.Birch".
        options: See Entry.
    """

    def keep(formula: Formula) -> Formula:
        ENTRIES.extend(Entry(f"sklearn.{name}", formula, tuple(options)) for name in estimators)
        return formula

    return keep


def register_entry(entry: Entry) -> None:
    """Give a formula to skl2onnx. A class that this version of scikit-learn lacks is left out."""
    from skl2onnx import update_registered_converter

    module, _, name = entry.estimator.rpartition(".")
    estimator = getattr(importlib.import_module(module), name, None)
    if estimator is None:
        return

    def convert(scope: Any, operator: Any, container: Any) -> None:
        nodes = Nodes(scope, container, operator)
        results = entry.formula(operator.raw_operator, nodes, nodes.read())
        for result, variable in zip(results, operator.outputs, strict=False):
            container.add_node(
                "Cast",
                [result],
                [variable.full_name],
                name=scope.get_unique_operator_name("Cast"),
                to=_element_type(variable),
            )

    options = {"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [True, False]}
    options |= {name: [True, False] for name in entry.options}
    update_registered_converter(estimator, f"Pilotlight{name}", set_output_types, convert)
    _allow(f"Pilotlight{name}", convert, options)


def _allow(alias: str, convert: Callable[..., None], options: dict[str, list[Any]]) -> None:
    """Allow options without the parser that update_registered_converter would choose: it makes maps of the scores."""
    from skl2onnx.common._registration import register_converter

    register_converter(alias, convert, overwrite=True, options=options)


def set_output_types(operator: Any) -> None:
    """Set the types of an operator's outputs: labels as the classes are, everything else in the inputs' precision."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    floats = DoubleTensorType if isinstance(operator.inputs[0].type, DoubleTensorType) else FloatTensorType
    classes = getattr(operator.raw_operator, "classes_", ())
    text = not isinstance(classes, list) and np.asarray(classes).dtype.kind in "OSU"
    *labels, last = operator.outputs
    for label in labels[:1]:
        label.type = StringTensorType([None]) if text else Int64TensorType([None])
    for score in labels[1:]:
        score.type = floats([None, None])
    last.type = floats([None, _count_columns(operator.raw_operator) if not labels else None])


def _count_columns(model: Any) -> int | None:
    names = getattr(model, "get_feature_names_out", None)
    try:
        return None if names is None else len(names())
    except (AttributeError, ValueError, TypeError):  # needs names of inputs, or has a defect
        return None


def _element_type(variable: Any) -> int:
    kind = type(variable.type).__name__
    known = {"Int64TensorType": TensorProto.INT64, "StringTensorType": TensorProto.STRING}
    known |= {"DoubleTensorType": TensorProto.DOUBLE}
    return known.get(kind, TensorProto.FLOAT)
