"""Dummy models, which answer the same for every sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("dummy.DummyRegressor")
def predict_constant(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the constant of DummyRegressor.predict, [n, targets]."""
    return [_repeat(np.asarray(model.constant_, np.float64).reshape(1, -1), nodes, samples)]


@convert_by("dummy.DummyClassifier", results=["label", "scores"])
def predict_most_frequent(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the class and the probabilities that DummyClassifier gives every sample."""
    if model.strategy in ("uniform", "stratified"):
        raise NotConvertible(f"DummyClassifier draws its answers at random with the strategy {model.strategy!r}")
    if isinstance(model.classes_, list):
        raise NotConvertible("DummyClassifier converts for one target")
    one = np.zeros((1, model.n_features_in_))
    probabilities = _repeat(model.predict_proba(one), nodes, samples)
    place = int(np.flatnonzero(model.classes_ == model.predict(one)[0])[0])
    row = _repeat(np.array([[place]]), nodes, samples)
    return [nodes.pick(model.classes_, nodes.add("Reshape", row, [-1])), probabilities]


def _repeat(row: Any, nodes: Nodes, samples: str) -> str:
    """Repeat a row of numbers for each sample."""
    count = nodes.add("Slice", nodes.add("Shape", samples), np.array([0]), np.array([1]))
    return nodes.add("Expand", row, nodes.concat([count, nodes.constant(np.array([1]))], axis=0))
