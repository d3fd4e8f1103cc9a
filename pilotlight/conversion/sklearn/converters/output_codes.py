"""Classifiers by error-correcting output codes."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn.converters.distances import find_nearest, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("multiclass.OutputCodeClassifier", results=["label", "scores"])
def find_nearest_code(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the class whose code is nearest to the scores of the binary estimators.

    Source: OutputCodeClassifier.predict and sklearn.multiclass._predict_binary, which takes the decision function of an
    estimator, or the probability of its second class where it has none.
    """
    scores = []
    for estimator in model.estimators_:
        if type(estimator).__name__ == "_ConstantPredictor":  # a code that is the same for every class
            scores.append(_repeat_constant(nodes, samples, float(estimator.y_[0])))
            continue
        if hasattr(estimator, "decision_function"):
            for known in (nodes.scope, nodes.container):
                known.add_options(id(estimator), {"raw_scores": True})
        _, found = nodes.apply(estimator)
        scores.append(nodes.columns(found, [-1]))
    squares = square_distances(nodes, nodes.concat(scores), model.code_book_)
    return [nodes.pick(model.classes_, find_nearest(nodes, squares)), squares]


def _repeat_constant(nodes: Nodes, samples: str, value: float) -> str:
    return nodes.add("Add", nodes.add("Mul", nodes.columns(samples, [0]), 0.0), value)
