"""Models that answer with another model which they hold."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn_converters.nodes import Nodes
from pilotlight.conversion.sklearn_converters.registry import convert_by
from pilotlight.conversion.sklearn_delegates import find_delegate


@convert_by(
    "frozen.FrozenEstimator",
    "model_selection.RandomizedSearchCV",
    "semi_supervised.SelfTrainingClassifier",
    options=["raw_scores"],
)
def delegate(model: Any, nodes: Nodes, samples: str) -> list[str]:  # noqa: ARG001  (a formula's parameters)
    """Return the results of the model that answers."""
    return list(nodes.apply(find_delegate(model)))
