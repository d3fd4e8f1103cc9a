"""Every function of keras.activations."""

from __future__ import annotations

from typing import Final

import keras

from benchmarks.tables.keras_case import Recipe, as_layer, floats

LEFT_OUT: Final = ("deserialize", "get", "serialize")
"""They make or describe a function, and compute none."""

NAMES: Final = [
    name for name in dir(keras.activations) if not name.startswith("_") and name not in LEFT_OUT
]
RECIPES: Final = {
    name: Recipe(as_layer(getattr(keras.activations, name)), floats(3, 8) * 3) for name in NAMES if name != "threshold"
} | {"threshold": Recipe(as_layer(lambda given: keras.activations.threshold(given, 0.5, 2.0)), floats(3, 8))}
