"""Isotonic regression: a function that is linear between its thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn_converters.nodes import INT64, Nodes
from pilotlight.conversion.sklearn_converters.registry import convert_by


@convert_by("isotonic.IsotonicRegression")
def interpolate(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Interpolate linearly between thresholds, as IsotonicRegression._transform does; NaN or the end's value outside.

    Of out_of_bounds="raise" only the answers within the bounds can be compared; outside, the graph answers NaN.
    """
    x, y = (np.asarray(array, np.float64) for array in (model.X_thresholds_, model.y_thresholds_))
    if len(x) == 1:
        return [nodes.add("Add", nodes.add("Mul", samples, 0.0), y)]
    inside = nodes.add("Min", nodes.add("Max", samples, x[0]), x[-1])
    above = nodes.add("Cast", nodes.add("GreaterOrEqual", inside, x[None, :-1]), to=INT64)
    place = nodes.add("Sub", nodes.reduce("ReduceSum", above, 1), 1)
    start, low, slope = (
        nodes.add("Gather", array, place, axis=0) for array in (x[:-1], y[:-1], np.diff(y) / np.diff(x))
    )
    value = nodes.add("Add", low, nodes.add("Mul", slope, nodes.add("Sub", inside, start)))
    if model.out_of_bounds == "clip":
        return [value]
    same = nodes.add("Equal", inside, samples)
    return [nodes.add("Where", same, value, np.nan)]
