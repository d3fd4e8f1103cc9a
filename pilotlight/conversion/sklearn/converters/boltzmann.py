"""Restricted Boltzmann machines: the probabilities of the hidden units."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("neural_network.BernoulliRBM")
def find_hidden_units(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute sigmoid(x·Wᵀ + c), as BernoulliRBM._mean_hiddens does."""
    activation = nodes.add("Add", nodes.add("MatMul", samples, model.components_.T), model.intercept_hidden_)
    return [nodes.add("Sigmoid", activation)]
