"""Distances between samples and points, [n, points]."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes


def square_distances(nodes: Nodes, samples: str, points: Any) -> str:
    """Compute |x|² - 2·x·p + |p|², as sklearn.metrics.pairwise.euclidean_distances does, and at least 0."""
    points = np.asarray(points, np.float64)
    norms = nodes.reduce("ReduceSum", nodes.add("Mul", samples, samples), 1)
    products = nodes.add("MatMul", samples, -2.0 * points.T)
    found = nodes.add("Add", nodes.add("Add", products, norms), (points**2).sum(axis=1))
    return nodes.add("Max", found, 0.0)


def manhattan_distances(nodes: Nodes, samples: str, points: Any) -> str:
    """Compute Σ|x - p|."""
    difference = nodes.add("Sub", nodes.add("Unsqueeze", samples, [1]), np.asarray(points, np.float64)[None])
    return nodes.reduce("ReduceSum", nodes.add("Abs", difference), 2, keepdims=False)


def find_nearest(nodes: Nodes, distances: str) -> str:
    """Return the place of the smallest distance for each sample, [n]."""
    return nodes.add("ArgMin", distances, axis=1, keepdims=0)


def find_nearest_many(nodes: Nodes, distances: str, count: int) -> tuple[str, str]:
    """Return the smallest distances of each sample and their places, both [n, count]."""
    smallest, places = nodes.add_many("TopK", [distances, [count]], 2, axis=1, largest=0, sorted=1)
    return smallest, places
