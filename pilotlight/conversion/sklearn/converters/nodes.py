"""Adds ONNX nodes to the graph that skl2onnx builds, so that a converter reads as its formula.

Formulas are computed in double precision, as scikit-learn computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from onnx import TensorProto, numpy_helper

DOUBLE: Final = TensorProto.DOUBLE
INT64: Final = TensorProto.INT64


def read_fitted(model: Any, name: str) -> Any:
    """Return what an estimator learned, where scikit-learn keeps it under a private name."""
    return getattr(model, name)


class Nodes:
    """The nodes of one estimator.

    Args:
        scope: skl2onnx's scope, which makes unique names.
        container: skl2onnx's container of nodes.
        operator: skl2onnx's operator: the estimator with its inputs and outputs.
    """

    def __init__(self, scope: Any, container: Any, operator: Any) -> None:
        self.scope = scope
        self.container = container
        self.operator = operator

    def read(self) -> str:
        """Return the samples in double precision; several inputs side by side."""
        return self.concat([self.cast(variable.full_name) for variable in self.operator.inputs])

    def wants(self, option: str) -> bool:
        """Return whether an option of skl2onnx is on for this estimator."""
        return bool(self.container.get_options(self.operator.raw_operator, {option: False}).get(option))

    def constant(self, value: ArrayLike) -> str:
        """Add a constant, and return its name. Floats become double precision, integers 64 bits."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float64)
        elif array.dtype.kind in "iu":
            array = array.astype(np.int64)
        elif array.dtype.kind in "OSU":
            array = np.array([str(each).encode() for each in array.ravel()], dtype=object).reshape(array.shape)
        name = self._name("constant")
        self.container.initializers.append(numpy_helper.from_array(array, name))
        return name

    def add(self, op: str, *inputs: Any, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return the name of the output. Inputs that are no names are constants."""
        (name,) = self.add_many(op, inputs, 1, domain, **attributes)
        return name

    def add_many(
        self, op: str, inputs: Sequence[Any], outputs: int, domain: str = "", **attributes: Any
    ) -> tuple[str, ...]:
        """Add a node with several outputs, and return their names."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        found = tuple(self._name(op.lower()) for _ in range(outputs))
        self.container.add_node(
            op, names, list(found), op_domain=domain, name=self.scope.get_unique_operator_name(op), **attributes
        )
        return found

    def reduce(self, op: str, value: str, axis: int, *, keepdims: bool = True) -> str:
        """Add ReduceSum, ReduceMax and so on. Axes are an input since opset 13 (ReduceSum) or 18 (the others)."""
        by_input = self.container.target_opset_onnx >= (13 if op == "ReduceSum" else 18)
        if by_input:
            return self.add(op, value, np.array([axis]), keepdims=int(keepdims))
        return self.add(op, value, axes=[axis], keepdims=int(keepdims))

    def cast(self, value: str, to: int = DOUBLE) -> str:
        """Add a Cast, by default to double precision."""
        return self.add("Cast", value, to=to)

    def columns(self, value: str, indices: ArrayLike) -> str:
        """Select columns."""
        return self.add("Gather", value, np.asarray(indices, np.int64), axis=1)

    def concat(self, values: Sequence[str], axis: int = 1) -> str:
        """Concatenate along an axis."""
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=axis)

    def pick(self, classes: ArrayLike, places: str) -> str:
        """Return the class at each place: 64-bit integers, or texts."""
        array = np.asarray(classes)
        if array.dtype.kind in "fb":
            array = array.astype(np.int64)
        return self.add("Gather", array, places, axis=0)

    def apply(self, model: Any, value: str = "") -> tuple[str, ...]:
        """Add the nodes of another estimator, converted by its own converter.

        Args:
            model: The estimator.
            value: The samples that it reads; "" for those of this estimator.

        Returns:
            The names of its results: label and scores of a classifier, clusterer or outlier detector, else one. Floats
            are in double precision.
        """
        inputs = [self._declare_samples(value)] if value or len(self.operator.inputs) > 1 else [self.operator.inputs[0]]
        results = self._declare_operator(model, inputs)
        return tuple(each.full_name if kind == "label" else self.cast(each.full_name) for each, kind in results)

    def _declare_samples(self, value: str) -> Any:
        from skl2onnx.common.data_types import FloatTensorType

        variable = self.scope.declare_local_variable("samples", FloatTensorType([None, None]))
        name = self.scope.get_unique_operator_name("Cast")
        self.container.add_node("Cast", [value or self.read()], [variable.full_name], name=name, to=TensorProto.FLOAT)
        return variable

    def _declare_operator(self, model: Any, inputs: list[Any]) -> list[tuple[Any, str]]:
        from skl2onnx import get_model_alias
        from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
        from sklearn.base import is_classifier, is_outlier_detector

        if is_classifier(model):
            for known in (self.scope, self.container):
                known.add_options(id(model), {"zipmap": False})
        operator = self.scope.declare_local_operator(get_model_alias(type(model)), model)
        operator.inputs.extend(inputs)
        results = []
        if is_classifier(model) or is_outlier_detector(model) or hasattr(model, "fit_predict"):
            text = np.asarray(getattr(model, "classes_", ())).dtype.kind in "OSU"
            results.append((StringTensorType() if text else Int64TensorType(), "label"))
        results.append((FloatTensorType(), "scores"))
        return [(self._declare_output(operator, kind), role) for kind, role in results]

    def _declare_output(self, operator: Any, kind: Any) -> Any:
        variable = self.scope.declare_local_variable("inner", kind)
        operator.outputs.append(variable)
        return variable

    def _name(self, seed: str) -> str:
        name: str = self.scope.get_unique_variable_name(seed)
        return name
