"""B-spline features."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("preprocessing.SplineTransformer")
def compute_splines(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute the basis splines of each feature; outside the knots those of the nearest end.

    Source: the Cox-de Boor recursion (de Boor, "On calculating with B-splines", 1972), with the knots of
    SplineTransformer.bsplines_. A spline beyond the knots is what SplineTransformer's extrapolation="constant" makes.
    """
    if model.extrapolation not in ("constant", "error"):
        raise NotConvertible(
            f'SplineTransformer extrapolates by {model.extrapolation!r}; extrapolation="constant" converts'
        )
    parts = []
    for index, spline in enumerate(model.bsplines_):
        knots, degree = np.asarray(spline.t, np.float64), spline.k
        first, last = knots[degree], knots[-degree - 1]
        value = nodes.columns(samples, [index])
        inside = nodes.add("Min", nodes.add("Max", value, first), last)
        parts.append(_recur(nodes, inside, knots, degree))
        if not model.include_bias:
            parts[-1] = nodes.columns(parts[-1], np.arange(len(knots) - degree - 2))
    return [nodes.concat(parts)]


def _recur(nodes: Nodes, value: str, knots: Any, degree: int) -> str:
    """Compute the splines of one feature, [n, len(knots) - degree - 1]."""
    upper = np.array(knots[1:])
    end = len(knots) - degree - 2  # the last interval within the range also holds its end
    upper[end] = np.nextafter(upper[end], np.inf)
    lower = np.array(knots[:-1])
    lower[end + 1] = upper[end]
    above, below = nodes.add("GreaterOrEqual", value, lower[None]), nodes.add("Less", value, upper[None])
    basis = nodes.cast(nodes.add("And", above, below))
    for order in range(1, degree + 1):
        count = len(knots) - order - 1
        rising, falling = (knots[order : order + count] - knots[:count]), (knots[order + 1 :] - knots[1 : count + 1])
        left = nodes.add("Mul", nodes.add("Sub", value, knots[None, :count]), _invert(rising)[None])
        right = nodes.add("Mul", nodes.add("Sub", knots[None, order + 1 :], value), _invert(falling)[None])
        here, following = (nodes.columns(basis, np.arange(count) + shift) for shift in (0, 1))
        basis = nodes.add("Add", nodes.add("Mul", left, here), nodes.add("Mul", right, following))
    return basis


def _invert(widths: Any) -> Any:
    return np.where(widths == 0, 0.0, 1.0 / np.where(widths == 0, 1.0, widths))
