"""Clusterers and classifiers that answer with the nearest of a few points."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.distances import find_nearest, manhattan_distances, square_distances
from pilotlight.conversion.sklearn.converters.nodes import Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("cluster.AffinityPropagation", "cluster.MeanShift", results=["label", "scores"])
def find_nearest_center(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Find the nearest of cluster_centers_, as their predict does; and its distances."""
    squares = square_distances(nodes, samples, model.cluster_centers_)
    return [find_nearest(nodes, squares), nodes.add("Sqrt", squares)]


@convert_by("cluster.Birch", results=["label", "scores"])
def find_nearest_subcluster(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Find the label of the nearest subcluster and the distances to all, as Birch.predict and Birch.transform do."""
    squares = square_distances(nodes, samples, model.subcluster_centers_)
    return [nodes.pick(model.subcluster_labels_, find_nearest(nodes, squares)), nodes.add("Sqrt", squares)]


@convert_by("cluster.BisectingKMeans", results=["label", "scores"])
def descend(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Go down the tree to the nearer of two centers at each node; and compute the distances to all centers.

    Source: BisectingKMeans._predict_recursive. Samples and the centers in the tree are centered by _X_mean.
    """
    mean = np.asarray(getattr(model, "_X_mean", 0.0), np.float64)
    label = _descend(read_fitted(model, "_bisecting_tree"), mean, nodes, samples)
    distances = nodes.add("Sqrt", square_distances(nodes, samples, model.cluster_centers_))
    return [label, distances]


def _descend(tree: Any, mean: Any, nodes: Nodes, samples: str) -> str:
    if tree.left is None:
        return nodes.constant(np.array([tree.label]))
    centers = np.stack([tree.left.center, tree.right.center]).astype(np.float64) + mean
    right = nodes.add("Cast", find_nearest(nodes, square_distances(nodes, samples, centers)), to=9)
    return nodes.add(
        "Where", right, _descend(tree.right, mean, nodes, samples), _descend(tree.left, mean, nodes, samples)
    )


@convert_by("neighbors.NearestCentroid", results=["label", "scores"], options=["raw_scores"])
def find_nearest_centroid(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Find the class of the nearest centroid, and the discriminant scores or their softmax.

    Source: NearestCentroid.predict and NearestCentroid._decision_function, which follows equation 18.2 of Hastie,
    Tibshirani and Friedman, "The Elements of Statistical Learning", second edition.
    """
    if model.metric == "manhattan":
        places = find_nearest(nodes, manhattan_distances(nodes, samples, model.centroids_))
        return [nodes.pick(model.classes_, places), samples]
    deviation = np.where(model.within_class_std_dev_ != 0, model.within_class_std_dev_, 1.0)
    scaled = nodes.add("Div", samples, deviation)
    squares = square_distances(nodes, scaled, model.centroids_ / deviation)
    scores = nodes.add("Sub", 2 * np.log(model.class_prior_), squares)
    if np.isclose(model.class_prior_, 1 / len(model.classes_)).all():
        places = find_nearest(nodes, square_distances(nodes, samples, model.centroids_))
    else:
        places = nodes.add("ArgMax", scores, axis=1, keepdims=0)
    label = nodes.pick(model.classes_, places)
    if not nodes.wants("raw_scores"):
        return [label, nodes.add("Softmax", scores, axis=1)]
    if len(model.classes_) == 2:
        scores = nodes.add("MatMul", scores, np.array([[-1.0], [1.0]]))
    return [label, scores]
