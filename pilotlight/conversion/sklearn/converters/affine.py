"""Estimators whose answer is an affine map of the sample: x ↦ x·A + b.

An affine map is determined by its answers at the origin and at the unit vectors: b = f(0), and row i of A is
f(eᵢ) - f(0). So scikit-learn itself supplies the matrix, whatever attributes the estimator keeps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by(
    "decomposition.FactorAnalysis",
    "decomposition.FastICA",
    "decomposition.MiniBatchSparsePCA",
    "decomposition.SparsePCA",
    "cross_decomposition.PLSSVD",
    "random_projection.SparseRandomProjection",
)
def transform_by_matrix(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Repeat `transform`."""
    return [_multiply(model.transform, model.n_features_in_, nodes, samples)]


@convert_by("cross_decomposition.CCA", "cross_decomposition.PLSCanonical")
def predict_by_matrix(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Repeat `predict`."""
    return [_multiply(model.predict, model.n_features_in_, nodes, samples)]


@convert_by("cluster.FeatureAgglomeration")
def pool(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Repeat FeatureAgglomeration.transform for the mean or sum of the features of a cluster, which are linear."""
    if model.pooling_func not in (np.mean, np.sum):
        name = getattr(model.pooling_func, "__name__", model.pooling_func)
        raise NotConvertible(f"FeatureAgglomeration pools by {name}; numpy.mean and numpy.sum convert")
    return [_multiply(model.transform, model.n_features_in_, nodes, samples)]


def _multiply(answer: Any, features: int, nodes: Nodes, samples: str) -> str:
    points = np.concatenate([np.zeros((1, features)), np.eye(features)])
    found = answer(points)
    values = np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)
    values = values.reshape(len(points), -1)
    return nodes.add("Add", nodes.add("MatMul", samples, values[1:] - values[0]), values[0])
