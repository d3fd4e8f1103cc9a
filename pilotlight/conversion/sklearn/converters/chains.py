"""Chains of estimators: each reads the features, and the answers of those before it.

Source: sklearn.multioutput._BaseChain._get_predictions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("multioutput.RegressorChain")
def chain_regressors(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the values of all targets in their own order."""
    known, values = samples, []
    for estimator in model.estimators_:
        (found,) = nodes.apply(estimator, known)
        values.append(nodes.add("Reshape", found, [-1, 1]))
        known = nodes.concat([known, values[-1]])
    return [nodes.columns(nodes.concat(values), np.argsort(model.order_))]


@convert_by("multioutput.ClassifierChain", results=["label", "scores"])
def chain_classifiers(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the classes of all targets, and the probability of the second class of each, in their own order."""
    if getattr(model, "chain_method_", "predict") != "predict":
        raise NotConvertible("ClassifierChain passes on probabilities; chain_method='predict' converts")
    known, labels, scores = samples, [], []
    for estimator in model.estimators_:
        label, probabilities = nodes.apply(estimator, known)
        labels.append(nodes.add("Reshape", label, [-1, 1]))
        scores.append(nodes.columns(probabilities, [1]))
        known = nodes.concat([known, nodes.cast(labels[-1])])
    order = np.argsort(model.order_)
    return [nodes.columns(nodes.concat(labels), order), nodes.columns(nodes.concat(scores), order)]
