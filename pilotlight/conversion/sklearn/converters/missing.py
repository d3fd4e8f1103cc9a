"""Missing numbers, and which of them an imputer tells in columns of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.core.frames import is_blank


def find_missing(imputer: Any, nodes: Nodes, samples: str) -> str:
    """Return which values an imputer takes for missing: bool of shape [n, features]."""
    if is_blank(imputer.missing_values):
        return nodes.add("IsNaN", samples)
    return nodes.add("Equal", samples, float(imputer.missing_values))


def fill_missing(nodes: Nodes, samples: str, missing: str, values: Any) -> str:
    """Return samples with one value for all that is missing in a column."""
    return nodes.add("Where", missing, np.asarray(values, np.float64)[None], samples)


def add_indicator(imputer: Any, nodes: Nodes, filled: str, missing: str) -> str:
    """Return filled samples with a column of zeros and ones for each that add_indicator tells.

    Source: _BaseImputer._concatenate_indicator.
    """
    if not imputer.add_indicator:
        return filled
    told = nodes.columns(missing, imputer.indicator_.features_)
    return nodes.concat([filled, nodes.cast(told)])
