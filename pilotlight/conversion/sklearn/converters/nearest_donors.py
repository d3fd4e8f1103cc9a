"""KNNImputer: the mean of the nearest fitted samples that have the value."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.distances import find_nearest_many
from pilotlight.conversion.sklearn.converters.missing import add_indicator, find_missing
from pilotlight.conversion.sklearn.converters.nodes import Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.converters.tied_donors import check_order
from pilotlight.conversion.sklearn.not_convertible import NotConvertible

_NONE = 1e300
"""The square distance of samples that have no value in common: larger than any other."""


@convert_by("impute.KNNImputer")
def fill_from_donors(imputer: Any, nodes: Nodes, samples: str) -> list[str]:
    """Fill each column from the nearest fitted samples that have a value there.

    Source: KNNImputer.transform and KNNImputer._calc_impute.
    """
    if imputer.metric != "nan_euclidean" or imputer.weights not in ("uniform", "distance"):
        raise NotConvertible("KNNImputer converts with metric='nan_euclidean' and weights='uniform' or 'distance'")
    check_order(imputer)
    fitted, unknown = np.asarray(read_fitted(imputer, "_fit_X"), np.float64), read_fitted(imputer, "_mask_fit_X")
    missing = find_missing(imputer, nodes, samples)
    squares = _measure(
        nodes, nodes.add("Where", missing, 0.0, samples), missing, np.where(unknown, 0.0, fitted), unknown
    )
    filled = []
    for place in range(fitted.shape[1]):
        donors = np.flatnonzero(~unknown[:, place])
        if not len(donors):  # with keep_empty_features
            filled.append(nodes.add("Mul", nodes.cast(nodes.columns(missing, [place])), 0.0))
            continue
        value = _average(imputer, nodes, nodes.columns(squares, donors), fitted[donors, place])
        filled.append(nodes.add("Where", nodes.columns(missing, [place]), value, nodes.columns(samples, [place])))
    return [add_indicator(imputer, nodes, nodes.concat(filled), missing)]


def _measure(nodes: Nodes, samples: str, missing: str, fitted: Any, unknown: Any) -> str:
    """Return the square distances over the values that two samples both have, scaled to all columns.

    Source: sklearn.metrics.pairwise.nan_euclidean_distances.

    Args:
        nodes: The nodes.
        samples: Samples with 0 in place of missing values, [n, features].
        missing: Which values they lack.
        fitted: Fitted samples with 0 in place of missing values, [fitted samples, features].
        unknown: Which values they lack.
    """
    known = (~unknown).astype(np.float64).T
    present = nodes.cast(nodes.add("Not", missing))
    found = nodes.add("MatMul", samples, -2.0 * fitted.T)
    found = nodes.add("Add", found, nodes.add("MatMul", nodes.add("Mul", samples, samples), known))
    found = nodes.add("Add", found, nodes.add("MatMul", present, (fitted**2).T))
    common = nodes.add("MatMul", present, known)
    scaled = nodes.add("Div", nodes.add("Max", found, 0.0), nodes.add("Max", common, 1.0))
    return nodes.add("Where", nodes.add("Greater", common, 0.0), nodes.add("Mul", scaled, float(len(known))), _NONE)


def _average(imputer: Any, nodes: Nodes, squares: str, values: Any) -> str:
    """Return the weighted mean of the values of the nearest donors; that of all where no distance is known, [n, 1]."""
    nearest, places = find_nearest_many(nodes, squares, min(imputer.n_neighbors, len(values)))
    weights = _weigh(nodes, nearest) if imputer.weights == "distance" else nodes.cast(nodes.add("Less", nearest, _NONE))
    total = nodes.reduce("ReduceSum", weights, 1)
    summed = nodes.reduce("ReduceSum", nodes.add("Mul", weights, nodes.add("Gather", values, places, axis=0)), 1)
    is_known = nodes.add("Greater", total, 0.0)
    mean = nodes.add("Div", summed, nodes.add("Where", is_known, total, 1.0))
    return nodes.add("Where", is_known, mean, values.mean())


def _weigh(nodes: Nodes, squares: str) -> str:
    """Return the inverse of each distance; where some are 0, these count alone. An unknown distance weighs nothing."""
    equal = nodes.add("Equal", squares, 0.0)
    inverse = nodes.add("Div", 1.0, nodes.add("Sqrt", nodes.add("Where", equal, 1.0, squares)))
    known = nodes.add("Where", nodes.add("Less", squares, _NONE), inverse, 0.0)
    has_equal = nodes.add("Greater", nodes.reduce("ReduceMax", nodes.cast(equal), 1), 0.0)
    return nodes.add("Where", has_equal, nodes.cast(equal), known)
