"""Outlier detection by the distance from a Gaussian distribution."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("covariance.EllipticEnvelope", results=["label", "scores"])
def judge_by_mahalanobis(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute the negative squared Mahalanobis distance, and where it lies above the threshold.

    Source: EllipticEnvelope.decision_function and EmpiricalCovariance.mahalanobis.
    """
    centered = nodes.add("Sub", samples, model.location_)
    product = nodes.add("Mul", nodes.add("MatMul", centered, model.get_precision()), centered)
    scores = nodes.add("Neg", nodes.reduce("ReduceSum", product, 1))
    decision = nodes.add("Sub", scores, float(model.offset_))
    inside = nodes.add("Cast", nodes.add("GreaterOrEqual", decision, 0.0), to=7)
    label = nodes.add("Sub", nodes.add("Mul", inside, 2), 1)
    return [nodes.add("Reshape", label, [-1]), decision]
