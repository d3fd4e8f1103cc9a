"""Puts numbers into bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import INT64, Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("preprocessing.KBinsDiscretizer")
def bin_features(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Count the inner edges that are at most the value; as one number a feature, or one column a bin.

    Source: KBinsDiscretizer.transform. skl2onnx's own converter refuses encode="onehot", the default.
    """
    parts = []
    for index, edges in enumerate(model.bin_edges_):
        value = nodes.columns(samples, [index])
        reached = nodes.cast(nodes.add("GreaterOrEqual", value, np.asarray(edges[1:-1], np.float64)[None]), INT64)
        place = nodes.reduce("ReduceSum", reached, 1)
        if model.encode != "ordinal":
            place = nodes.add("Equal", place, np.arange(model.n_bins_[index])[None])
        parts.append(nodes.cast(place))
    return [nodes.concat(parts)]
