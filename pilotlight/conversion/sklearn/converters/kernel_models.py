"""Models that are linear in a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.kernels import compute_kernel
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("kernel_ridge.KernelRidge")
def predict_by_kernel(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute K(x, X)·a, as KernelRidge.predict does."""
    kernel = compute_kernel(model, model.X_fit_, nodes, samples)
    return [nodes.add("MatMul", kernel, np.asarray(model.dual_coef_).reshape(len(model.X_fit_), -1))]


@convert_by("kernel_approximation.Nystroem")
def embed_by_kernel(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute K(x, C)·Nᵀ, as Nystroem.transform does."""
    kernel = compute_kernel(model, model.components_, nodes, samples)
    return [nodes.add("MatMul", kernel, model.normalization_.T)]
