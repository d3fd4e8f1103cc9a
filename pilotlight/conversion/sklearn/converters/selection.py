"""Selects features, or says where one is missing."""

from __future__ import annotations

import math
from typing import Any

from pilotlight.conversion.sklearn.converters.nodes import DOUBLE, Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("feature_selection.SequentialFeatureSelector")
def select(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Select the columns of get_support."""
    return [nodes.columns(samples, model.get_support(indices=True))]


@convert_by("impute.MissingIndicator")
def mark_missing(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Return 1 where the value of a feature is the missing one, as MissingIndicator.transform does."""
    missing = float(model.missing_values)
    found = nodes.add("IsNaN", samples) if math.isnan(missing) else nodes.add("Equal", samples, missing)
    return [nodes.columns(nodes.cast(found, DOUBLE), model.features_)]
