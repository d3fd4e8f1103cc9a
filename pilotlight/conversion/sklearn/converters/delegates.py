"""Steps of a pipeline that answer with another model which they hold."""

from __future__ import annotations

import importlib
from typing import Any, Final

from pilotlight.conversion.sklearn.delegates import find_delegate
from pilotlight.conversion.sklearn.not_convertible import NotConvertible

_CLASSES: Final = (
    "sklearn.frozen.FrozenEstimator",
    "sklearn.model_selection.RandomizedSearchCV",
    "sklearn.semi_supervised.SelfTrainingClassifier",
)


def accept_delegates() -> None:
    """Give skl2onnx a parser for each class that puts the model which answers in its place."""
    from skl2onnx import update_registered_converter

    for path in _CLASSES:
        module, _, name = path.rpartition(".")
        estimator = getattr(importlib.import_module(module), name, None)
        if estimator is not None:
            options = {"zipmap": [True, False, "columns"], "raw_scores": [True, False]}
            update_registered_converter(estimator, f"Pilotlight{name}", _fail, _convert, parser=_parse, options=options)


def _parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    from skl2onnx._parse import _parse_sklearn
    from sklearn.base import is_classifier

    inner = find_delegate(model)
    if is_classifier(inner):
        scope.add_options(id(inner), {"zipmap": False})
    return _parse_sklearn(scope, inner, inputs, custom_parsers=custom_parsers)


def _convert(scope: Any, operator: Any, container: Any) -> None:
    del scope, container
    _fail(operator)


def _fail(operator: Any) -> None:
    name = type(operator.raw_operator).__name__
    raise NotConvertible(f"{name} converts as a step of a pipeline, not within another estimator")
