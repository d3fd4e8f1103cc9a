"""IterativeImputer: each column is computed from the others, in the order of the fit."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.sklearn.converters.missing import add_indicator, fill_missing, find_missing
from pilotlight.conversion.sklearn.converters.nodes import Nodes, read_fitted
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible

_LINEAR: Final = ("ARDRegression", "BayesianRidge", "LinearRegression", "Ridge", "RidgeCV")
"""Estimators whose answer is a product with coef_, which is computed here in double precision."""


@convert_by("impute._iterative.IterativeImputer")  # sklearn.impute has it once train.py enables the experiment
def fill_by_iterations(imputer: Any, nodes: Nodes, samples: str) -> list[str]:
    """Repeat the rounds of the fit.

    Source: IterativeImputer.transform and IterativeImputer._impute_one_feature.
    """
    if imputer.sample_posterior:
        raise NotConvertible("IterativeImputer draws its answers at random with sample_posterior=True")
    missing = find_missing(imputer, nodes, samples)
    first = fill_missing(nodes, samples, missing, imputer.initial_imputer_.statistics_)
    lowest, highest = read_fitted(imputer, "_min_value"), read_fitted(imputer, "_max_value")
    count = imputer.n_features_in_
    columns = [nodes.columns(first, [place]) for place in range(count)]
    lacks = [nodes.columns(missing, [place]) for place in range(count)]
    for step in imputer.imputation_sequence_:
        place = int(step.feat_idx)
        given = nodes.concat([columns[other] for other in step.neighbor_feat_idx])
        found = nodes.add(
            "Min", nodes.add("Max", _predict(nodes, step.estimator, given), lowest[place]), highest[place]
        )
        columns[place] = nodes.add("Where", lacks[place], found, columns[place])
    filled = nodes.add("Where", _lacks_everything(nodes, missing), first, nodes.concat(columns))
    return [add_indicator(imputer, nodes, filled, missing)]


def _predict(nodes: Nodes, estimator: Any, samples: str) -> str:
    """Return the answer of an estimator, [n, 1]."""
    if type(estimator).__name__ in _LINEAR:
        product = nodes.add("MatMul", samples, np.asarray(estimator.coef_, np.float64).reshape(-1, 1))
        return nodes.add("Add", product, float(estimator.intercept_))
    return nodes.add("Reshape", nodes.apply(estimator, samples)[-1], [-1, 1])


def _lacks_everything(nodes: Nodes, missing: str) -> str:
    """Return whether no sample of the batch has a value, [1, 1]. scikit-learn does not iterate then."""
    lacks = nodes.cast(missing)
    least = nodes.reduce("ReduceMin", nodes.reduce("ReduceMin", lacks, 1), 0)
    return nodes.cast(least, TensorProto.BOOL)
