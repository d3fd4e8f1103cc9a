"""Classifiers that spread the labels of some samples to their neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.sklearn.converters.distances import find_nearest_many, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("semi_supervised.LabelPropagation", "semi_supervised.LabelSpreading", results=["label", "scores"])
def spread(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Sum the label distributions of the fitted samples, weighted by the kernel, and normalize them.

    Source: BaseLabelPropagation.predict_proba.
    """
    if model.kernel not in ("rbf", "knn"):
        raise NotConvertible(f"{type(model).__name__} has a kernel of its own; rbf and knn convert")
    squares = square_distances(nodes, samples, model.X_)
    distributions = np.asarray(model.label_distributions_, np.float64)
    if model.kernel == "rbf":
        weights = nodes.add("Exp", nodes.add("Mul", squares, -float(model.gamma)))
        weights = nodes.cast(nodes.cast(weights, TensorProto.FLOAT))  # far samples have the weight 0, and no class
        sums = nodes.add("MatMul", weights, distributions)
    else:
        _, places = find_nearest_many(nodes, squares, model.n_neighbors)
        sums = nodes.reduce("ReduceSum", nodes.add("Gather", distributions, places, axis=0), 1, keepdims=False)
    probabilities = nodes.add("Div", sums, nodes.reduce("ReduceSum", sums, 1))
    return [nodes.pick(model.classes_, nodes.add("ArgMax", probabilities, axis=1, keepdims=0)), probabilities]
