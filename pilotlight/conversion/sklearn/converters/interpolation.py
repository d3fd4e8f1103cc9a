"""Linear interpolation between given points, as numpy.interp does it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import INT64, Nodes


def interpolate(nodes: Nodes, value: str, x: Any, y: Any) -> str:
    """Interpolate between points; outside of them answer with the first or the last.

    Args:
        nodes: The nodes.
        value: Numbers, [n, 1].
        x: Where the points are, not decreasing.
        y: The values there.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    inside = nodes.add("Min", nodes.add("Max", value, x[0]), x[-1])
    reached = nodes.cast(nodes.add("GreaterOrEqual", inside, x[None, 1:-1]), INT64)
    place = nodes.reduce("ReduceSum", reached, 1) if len(x) > 2 else nodes.cast(nodes.add("Mul", inside, 0.0), INT64)
    widths = np.diff(x)
    slopes = np.where(widths == 0, 0.0, np.diff(y) / np.where(widths == 0, 1.0, widths))
    start, low, slope = (nodes.add("Gather", array, place, axis=0) for array in (x[:-1], y[:-1], slopes))
    between = nodes.add("Add", low, nodes.add("Mul", slope, nodes.add("Sub", inside, start)))
    return nodes.add("Where", nodes.add("GreaterOrEqual", value, x[-1]), y[-1], between)
