"""k-means on scaled measurements: Lloyd's algorithm from ten starts; the result with the lowest inertia is kept."""

import numpy as np
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight import Array, DataError, Dataset, Run, feature_names, fingerprint, load_classes

TARGET = "cultivar"
"""The column of the known groups, which judge the clusters and are not learned from."""
CLUSTERS = 3
STARTS = 10


def load(run: Run) -> Dataset:
    """The 13 measurements as float32 of shape (n, 13); the known groups as whole numbers. A quarter is held out."""
    arrays = load_classes(run, TARGET, feature_names("wine"))
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Pipeline:
    """Fits from ten starts, with at most `run.epochs` iterations each."""
    if len(np.unique(data.x_train, axis=0)) < CLUSTERS:
        what = f"has fewer different samples to learn from than the {CLUSTERS} clusters"
        raise DataError(run.source, what, "Give more samples, or fewer CLUSTERS in train.py.")
    scale = StandardScaler().fit(data.x_train)
    scaled = scale.transform(data.x_train)
    random = np.random.RandomState(run.seed % 2**32)
    paths = [_path(scaled, random, run.epochs) for _ in range(STARTS)]
    best = min(paths, key=lambda path: path[-1].inertia_)
    for iteration, model in enumerate(best, 1):
        run.record("iteration", iteration, {"inertia": model.inertia_})
    return Pipeline([("scale", scale), ("model", best[-1])])


def _path(scaled: Array, random: np.random.RandomState, max_iterations: int) -> list[KMeans]:
    """The model after each iteration, until the inertia falls no more."""
    centres, _ = kmeans_plusplus(scaled, CLUSTERS, random_state=random)
    path: list[KMeans] = []
    while len(path) < max_iterations:
        model = KMeans(CLUSTERS, init=centres, n_init=1, max_iter=1).fit(scaled)
        if path and model.inertia_ >= path[-1].inertia_:
            break
        path.append(model)
        centres = model.cluster_centers_
    return path
