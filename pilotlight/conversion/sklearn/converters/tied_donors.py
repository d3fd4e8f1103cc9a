"""Whether the answers of a KNNImputer depend on the order of the samples that it was fitted on."""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import read_fitted
from pilotlight.conversion.sklearn.not_convertible import NotConvertible
from pilotlight.core.artifacts import Array

_MOST: Final = 500
"""Samples that are tried."""
_TOLERANCE: Final = 1e-4


def check_order(imputer: Any) -> None:
    """Raise NotConvertible where the imputer answers otherwise with its fitted samples in double precision, reversed.

    Of samples that are equally near, scikit-learn takes any: whole numbers are often equally near. In single precision
    its distances have errors that change which samples are nearest.

    Args:
        imputer: A fitted KNNImputer.
    """
    samples = _choose_samples(imputer)
    turned = copy.copy(imputer)
    fitted = np.asarray(read_fitted(imputer, "_fit_X"), np.float64)
    vars(turned).update(_fit_X=fitted[::-1], _mask_fit_X=read_fitted(imputer, "_mask_fit_X")[::-1])
    given, found = (np.asarray(each.transform(samples), np.float64) for each in (imputer, turned))
    scale = np.nanstd(fitted, axis=0).max(initial=0.0)
    if not np.allclose(given, found, rtol=_TOLERANCE, atol=_TOLERANCE * scale):
        raise NotConvertible(
            "KNNImputer answers from fitted samples that are equally near, or in single precision nearly so, and which "
            "of them count depends on their order; fit it on float64 columns that tell samples apart, or use "
            "SimpleImputer or IterativeImputer"
        )


def _choose_samples(imputer: Any) -> Array:
    """Return fitted samples that lack values; where none does, some with each column left out in turn."""
    fitted, unknown = read_fitted(imputer, "_fit_X"), read_fitted(imputer, "_mask_fit_X")
    lacking: Array = fitted[unknown.any(axis=1)][:_MOST]
    if len(lacking):
        return lacking
    some = [fitted[: _MOST // fitted.shape[1] + 1].copy() for _ in range(fitted.shape[1])]
    for place, samples in enumerate(some):
        samples[:, place] = imputer.missing_values
    return np.concatenate(some)
