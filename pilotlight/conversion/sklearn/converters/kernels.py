"""Kernels between samples and points, [n, points]. Source: sklearn.metrics.pairwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.distances import manhattan_distances, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


def compute_kernel(model: Any, points: Any, nodes: Nodes, samples: str) -> str:
    """Compute the kernel of a model between samples and the points that it was fitted on.

    Args:
        model: It has `kernel`, `gamma`, `degree` and `coef0`.
        points: The points, [points, features].
        nodes: The nodes.
        samples: The samples.

    Raises:
        NotConvertible: The kernel is a function, or has no formula here.
    """
    points = np.asarray(points.toarray() if hasattr(points, "toarray") else points, np.float64)
    kernel, gamma = model.kernel, model.gamma
    gamma = 1.0 / points.shape[1] if gamma is None else float(gamma)
    if kernel == "rbf":
        return nodes.add("Exp", nodes.add("Mul", square_distances(nodes, samples, points), -gamma))
    if kernel == "laplacian":
        return nodes.add("Exp", nodes.add("Mul", manhattan_distances(nodes, samples, points), -gamma))
    if kernel == "cosine":
        norms = nodes.add("Sqrt", nodes.reduce("ReduceSum", nodes.add("Mul", samples, samples), 1))
        unit = nodes.add("Div", samples, nodes.add("Where", nodes.add("Equal", norms, 0.0), 1.0, norms))
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        return nodes.add("MatMul", unit, (points / np.where(lengths == 0, 1.0, lengths)).T)
    products = nodes.add("MatMul", samples, points.T)
    if kernel == "linear":
        return products
    if kernel not in ("poly", "polynomial", "sigmoid"):
        name = kernel if isinstance(kernel, str) else getattr(kernel, "__name__", "of its own")
        raise NotConvertible(
            f"{type(model).__name__} has the kernel {name}; linear, poly, rbf, laplacian, sigmoid and cosine convert"
        )
    coef0 = 1.0 if model.coef0 is None else float(model.coef0)
    shifted = nodes.add("Add", nodes.add("Mul", products, gamma), coef0)
    if kernel == "sigmoid":
        return nodes.add("Tanh", shifted)
    return nodes.add("Pow", shifted, 3.0 if model.degree is None else float(model.degree))
