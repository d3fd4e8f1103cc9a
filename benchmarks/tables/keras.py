"""Keras: every layer but those for preprocessing, every activation, and every function of keras.ops."""

from __future__ import annotations

from typing import Final

from benchmarks.tables.case import Case

PACKAGES: Final = ("keras", "tensorflow-cpu", "tf2onnx", "onnxruntime")


def list_cases() -> list[Case]:
    """Return the cases in groups."""
    from benchmarks.tables import keras_activations, keras_layers, keras_ops, keras_options
    from benchmarks.tables.keras_case import make_cases

    return [
        *make_cases("layers", keras_layers.RECIPES, keras_layers.list_names()),
        *make_cases("options of layers", keras_options.RECIPES, list(keras_options.RECIPES)),
        *make_cases("activations", keras_activations.RECIPES, keras_activations.NAMES),
        *make_cases("ops", keras_ops.RECIPES, keras_ops.list_names()),
    ]
