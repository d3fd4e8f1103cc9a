"""Classifiers that let several classifiers vote."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import INT64, Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("ensemble.VotingClassifier", results=["label", "scores"])
def vote(model: Any, nodes: Nodes, _samples: str) -> list[str]:
    """Return the class with most votes, or with the highest mean probability; the first of equals.

    Source: VotingClassifier.predict. With voting="hard" the estimators answer with numbers of classes.
    """
    count = len(model.classes_)
    weights = (
        [1.0] * len(model.estimators_)
        if read_fitted(model, "_weights_not_none") is None
        else list(read_fitted(model, "_weights_not_none"))
    )
    shares = []
    for estimator, weight in zip(model.estimators_, weights, strict=True):
        label, probabilities = nodes.apply(estimator)
        if model.voting == "hard":
            column = nodes.add("Reshape", label, [-1, 1])
            probabilities = nodes.cast(nodes.add("Equal", column, np.arange(count)[None]))
        shares.append(nodes.add("Mul", probabilities, weight / sum(weights)))
    scores = shares[0] if len(shares) == 1 else nodes.add("Sum", *shares)
    places = nodes.cast(nodes.add("ArgMax", scores, axis=1, keepdims=0), INT64)
    return [nodes.pick(model.classes_, places), scores]
