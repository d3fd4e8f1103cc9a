"""Regressors that were fitted on a transformed target."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible

_FUNCTIONS: Final = {np.exp: "Exp", np.sqrt: "Sqrt", np.log: "Log", np.abs: "Abs"}


@convert_by("compose.TransformedTargetRegressor")
def invert_target(model: Any, nodes: Nodes, _samples: str) -> list[str]:
    """Undo the transformation of the target, as TransformedTargetRegressor.predict does."""
    (value,) = nodes.apply(model.regressor_)
    transformer = model.transformer_
    name = type(transformer).__name__
    if name == "FunctionTransformer":
        return [_apply_function(model, transformer.inverse_func, nodes, value)]
    if name in ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"):
        zero, one = (np.asarray(transformer.inverse_transform([[each]])).item() for each in (0.0, 1.0))
        return [nodes.add("Add", nodes.add("Mul", value, one - zero), zero)]
    raise NotConvertible(f"TransformedTargetRegressor transforms its target by {name}; scalers and functions convert")


def _apply_function(model: Any, function: Any, nodes: Nodes, value: str) -> str:
    if function is None:
        return value
    if function is np.expm1:
        return nodes.add("Sub", nodes.add("Exp", value), 1.0)
    if function is np.square:
        return nodes.add("Mul", value, value)
    if function not in _FUNCTIONS:
        known = "exp, expm1, sqrt, square, log and abs of numpy"
        raise NotConvertible(f"TransformedTargetRegressor has the inverse_func {model.inverse_func}; {known} convert")
    return nodes.add(_FUNCTIONS[function], value)
