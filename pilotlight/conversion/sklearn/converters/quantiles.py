"""Maps the values of a feature to their quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.interpolation import interpolate
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by("preprocessing.QuantileTransformer")
def find_quantiles(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Interpolate between the quantiles from below and from above, and take the mean: equal values share a quantile.

    Source: QuantileTransformer._transform_col. The converter of skl2onnx makes thousands of nodes and takes minutes.
    """
    if model.output_distribution != "uniform":
        raise NotConvertible(
            'QuantileTransformer with output_distribution="normal" needs the inverse of the error function, which ONNX '
            'does not have; "uniform" converts'
        )
    references = np.asarray(model.references_, np.float64)
    parts = []
    for index in range(model.quantiles_.shape[1]):
        value, points = nodes.columns(samples, [index]), np.asarray(model.quantiles_[:, index], np.float64)
        below = interpolate(nodes, value, points, references)
        above = interpolate(nodes, nodes.add("Neg", value), -points[::-1], -references[::-1])
        quantile = nodes.add("Mul", nodes.add("Sub", below, above), 0.5)
        quantile = nodes.add("Where", nodes.add("Equal", value, points[-1]), 1.0, quantile)
        parts.append(nodes.add("Where", nodes.add("Equal", value, points[0]), 0.0, quantile))
    return [nodes.concat(parts)]
