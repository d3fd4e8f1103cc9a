"""Isotonic regression: a function that is linear between its thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.interpolation import interpolate
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("isotonic.IsotonicRegression")
def interpolate_thresholds(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Interpolate linearly between thresholds, as IsotonicRegression._transform does; NaN or the end's value outside.

    Of out_of_bounds="raise" only the answers within the bounds can be compared; outside, the graph answers NaN.
    """
    x, y = (np.asarray(array, np.float64) for array in (model.X_thresholds_, model.y_thresholds_))
    if len(x) == 1:
        return [nodes.add("Add", nodes.add("Mul", samples, 0.0), y)]
    value = interpolate(nodes, samples, x, y)
    if model.out_of_bounds == "clip":
        return [value]
    inside = nodes.add("And", nodes.add("GreaterOrEqual", samples, x[0]), nodes.add("LessOrEqual", samples, x[-1]))
    return [nodes.add("Where", inside, value, np.nan)]
