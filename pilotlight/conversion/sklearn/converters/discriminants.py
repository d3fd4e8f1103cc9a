"""Discriminant analysis with a Gaussian distribution for each class."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("discriminant_analysis.QuadraticDiscriminantAnalysis", results=["label", "scores"], options=["raw_scores"])
def compare_gaussians(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute the logarithm of each class's posterior, up to a constant, and its softmax.

    Source: QuadraticDiscriminantAnalysis._decision_function, which follows equation 4.12 of Hastie, Tibshirani and
    Friedman, "The Elements of Statistical Learning", second edition. skl2onnx's own converter gives labels of shape
    [n, n].
    """
    norms = []
    for mean, rotation, scaling in zip(model.means_, model.rotations_, model.scalings_, strict=True):
        scaled = nodes.add("MatMul", nodes.add("Sub", samples, mean), rotation * scaling**-0.5)
        norms.append(nodes.reduce("ReduceSum", nodes.add("Mul", scaled, scaled), 1))
    spread = np.array([np.log(scaling).sum() for scaling in model.scalings_])
    scores = nodes.add("Mul", nodes.add("Add", nodes.concat(norms), spread), -0.5)
    scores = nodes.add("Add", scores, np.log(model.priors_))
    label = nodes.pick(model.classes_, nodes.add("ArgMax", scores, axis=1, keepdims=0))
    if not nodes.wants("raw_scores"):
        return [label, nodes.add("Softmax", scores, axis=1)]
    if len(model.classes_) == 2:
        scores = nodes.add("MatMul", scores, np.array([[-1.0], [1.0]]))
    return [label, scores]
