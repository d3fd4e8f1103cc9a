"""Isomap: geodesic distances to the fitted samples, projected."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.distances import find_nearest_many, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("manifold.Isomap")
def embed(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Find the shortest way over a sample's neighbors to each fitted sample, and project the kernel of the ways.

    Source: Isomap.transform, KernelCenterer.transform and KernelPCA.transform with a precomputed kernel.
    """
    if model.n_neighbors is None or model.nbrs_.effective_metric_ != "euclidean":
        raise NotConvertible("Isomap converts with n_neighbors and the Euclidean metric")
    squares = square_distances(nodes, samples, read_fitted(model.nbrs_, "_fit_X"))
    nearest, places = find_nearest_many(nodes, squares, model.n_neighbors)
    ways = nodes.add("Gather", np.asarray(model.dist_matrix_, np.float64), places, axis=0)
    ways = nodes.add("Add", ways, nodes.add("Unsqueeze", nodes.add("Sqrt", nearest), [2]))
    shortest = nodes.reduce("ReduceMin", ways, 1, keepdims=False)
    kernel = nodes.add("Mul", nodes.add("Mul", shortest, shortest), -0.5)
    projection = model.kernel_pca_
    centerer = read_fitted(projection, "_centerer")
    mean = nodes.reduce("ReduceMean", kernel, 1)
    centered = nodes.add("Sub", nodes.add("Sub", kernel, centerer.K_fit_rows_), mean)
    centered = nodes.add("Add", centered, float(centerer.K_fit_all_))
    positive = projection.eigenvalues_ > 0
    scale = np.where(positive, 1 / np.sqrt(np.where(positive, projection.eigenvalues_, 1.0)), 0.0)
    return [nodes.add("MatMul", centered, projection.eigenvectors_ * scale)]
