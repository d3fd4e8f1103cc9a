"""Converters for estimators that skl2onnx has none for. One idea a file; registry.py gives them to skl2onnx.

A converter is a formula in the words of nodes.py. Each names the source of its formula: mostly the method of
scikit-learn that it repeats.
"""

from __future__ import annotations

import functools
import importlib
from typing import Final

from pilotlight.conversion.sklearn.converters.registry import ENTRIES, register_entry

_FORMULAS: Final = (
    "affine",
    "bins",
    "boltzmann",
    "chains",
    "constants",
    "covariance",
    "discriminants",
    "isomap",
    "iterative_imputer",
    "isotonic",
    "kernel_models",
    "label_propagation",
    "nearest_center",
    "nearest_donors",
    "neighbors",
    "output_codes",
    "quantiles",
    "sampled_kernels",
    "selection",
    "splines",
    "thresholds",
    "transformed_target",
    "votes",
)


@functools.cache
def register_converters() -> None:
    """Register every converter with skl2onnx, once a process."""
    from pilotlight.conversion.sklearn.converters.delegates import accept_delegates
    from pilotlight.conversion.sklearn.converters.plain_attributes import accept_numpy_attributes
    from pilotlight.conversion.sklearn.converters.simple_imputer import register_simple_imputer

    for name in _FORMULAS:
        importlib.import_module(f"{__name__}.{name}")
    for entry in ENTRIES:
        register_entry(entry)
    register_simple_imputer()
    accept_delegates()
    accept_numpy_attributes()
