"""Searches for neighbors among the fitted samples, by comparing with each of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.distances import find_nearest_many, manhattan_distances, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("neighbors.NearestNeighbors", results=["label", "distances"])
def find_neighbors(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Find the nearest fitted samples and their distances, as NearestNeighbors.kneighbors does."""
    distances = _measure(model, nodes, samples)
    smallest, places = find_nearest_many(nodes, distances, model.n_neighbors)
    return [places, smallest]


@convert_by("neighbors.RadiusNeighborsTransformer")
def keep_within_radius(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the distances to the fitted samples within the radius, and 0 to all others, as the transformer does."""
    distances = _measure(model, nodes, samples)
    near = nodes.add("LessOrEqual", distances, float(model.radius))
    if model.mode == "connectivity":
        return [nodes.cast(near)]
    return [nodes.add("Where", near, distances, 0.0)]


def _measure(model: Any, nodes: Nodes, samples: str) -> str:
    fitted = read_fitted(model, "_fit_X")
    if model.effective_metric_ == "euclidean":
        return nodes.add("Sqrt", square_distances(nodes, samples, fitted))
    if model.effective_metric_ == "manhattan":
        return manhattan_distances(nodes, samples, fitted)
    name = type(model).__name__
    raise NotConvertible(f"{name} has the metric {model.effective_metric_}; euclidean and manhattan convert")


@convert_by("neighbors.RadiusNeighborsClassifier", results=["label", "scores"])
def vote_within_radius(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the share of the weights of the fitted samples within the radius that each class has.

    Source: RadiusNeighborsClassifier.predict_proba. Where no sample is near, scikit-learn raises an error or answers
    outlier_label; the graph answers with the first class, and NaN.
    """
    if isinstance(model.classes_, list) or model.outlier_label is not None:
        raise NotConvertible("RadiusNeighborsClassifier converts for one target and without outlier_label")
    weights = _weigh(model, nodes, samples)
    votes = nodes.add("MatMul", weights, np.eye(len(model.classes_))[np.asarray(read_fitted(model, "_y")).ravel()])
    shares = nodes.add("Div", votes, nodes.reduce("ReduceSum", votes, 1))
    return [nodes.pick(model.classes_, nodes.add("ArgMax", shares, axis=1, keepdims=0)), shares]


@convert_by("neighbors.RadiusNeighborsRegressor")
def average_within_radius(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return the weighted mean of the fitted targets within the radius, NaN where there is none.

    Source: RadiusNeighborsRegressor.predict.
    """
    weights = _weigh(model, nodes, samples)
    targets = np.asarray(read_fitted(model, "_y"), np.float64).reshape(len(read_fitted(model, "_fit_X")), -1)
    return [nodes.add("Div", nodes.add("MatMul", weights, targets), nodes.reduce("ReduceSum", weights, 1))]


def _weigh(model: Any, nodes: Nodes, samples: str) -> str:
    """Return 1 or the inverse of the distance for each fitted sample within the radius, and 0 for all others."""
    distances = _measure(model, nodes, samples)
    near = nodes.add("LessOrEqual", distances, float(model.radius))
    if model.weights == "uniform":
        return nodes.cast(near)
    if model.weights != "distance":
        raise NotConvertible(f"{type(model).__name__} has weights of its own; uniform and distance convert")
    return nodes.add("Where", near, nodes.add("Div", 1.0, nodes.add("Max", distances, 1e-12)), 0.0)
