"""A Keras model around one function or one layer, as a case of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import keras
import numpy as np

from benchmarks.tables.case import MODEL_NAME, REFUSED, Case, Outcome, convert_and_compare
from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.core.artifacts import Array, Dataset, FittedModel
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.signature import Signature

SAMPLES: Final = 8
_FIXED: Final = "Keras traces it only with a fixed batch size: give the model keras.Input(…, batch_size=N)."
Function: TypeAlias = Callable[[Any], Any]
"""Takes a tensor of samples, and returns a tensor or a structure of tensors."""


class Recipe(NamedTuple):
    """How a row is tried.

    Attributes:
        function: What the model computes from its only input.
        samples: The samples, along the first axis.
        note: What a person has to know about a model that works.
        fixed: Whether the model has a fixed batch size, since Keras cannot trace the function with an open one.
        untraceable: Part of the error with which Keras itself refuses the function in any model on TensorFlow; "" where
            it does not.
    """

    function: Function
    samples: Array
    note: str = ""
    fixed: bool = False
    untraceable: str = ""


def floats(*shape: int, low: float | None = None, high: float = 1.0) -> Array:
    """Return samples of FP32: between `low` and `high`, or of a normal distribution where `low` is None."""
    draw = np.random.default_rng(7)
    size = (SAMPLES, *shape)
    values = draw.normal(size=size) if low is None else draw.uniform(low, high, size)
    return values.astype(np.float32)


def integers(*shape: int, low: int = -9, high: int = 9) -> Array:
    """Return samples of INT32 from `low` up to, but without, `high`."""
    return np.random.default_rng(7).integers(low, high, (SAMPLES, *shape)).astype(np.int32)


def booleans(*shape: int) -> Array:
    """Return samples of BOOL."""
    return np.random.default_rng(7).uniform(size=(SAMPLES, *shape)) < 0.5


def positive_definite(size: int) -> Array:
    """Return symmetric positive definite matrices."""
    half = floats(size, size).astype(np.float32)
    product: Array = half @ half.transpose(0, 2, 1) + np.eye(size, dtype=np.float32) * 2
    return product


def make_cases(group: str, recipes: Mapping[str, Recipe], names: Sequence[str]) -> list[Case]:
    """Return a case for each name. A name without a recipe is a fault, so that a new version of Keras shows.

    Args:
        group: The part of the table.
        recipes: The recipes by name.
        names: The public names.
    """
    return [Case(group, name, partial(_try, name, recipes)) for name in names]


def _try(name: str, recipes: Mapping[str, Recipe], folder: Path) -> Outcome:
    if name not in recipes:
        raise LookupError(f"no recipe is written for {name}")
    recipe = recipes[name]
    try:
        model = build_model(recipe)
    except Exception as error:
        if not recipe.untraceable or recipe.untraceable not in str(error):
            raise
        return Outcome(REFUSED, f"Keras itself cannot trace it on TensorFlow: {recipe.untraceable}")
    note = recipe.note or (_FIXED if recipe.fixed else "")
    return convert_model(model, recipe.samples, folder, note)


def build_model(recipe: Recipe) -> Any:
    """Build a functional model."""
    samples = recipe.samples
    size = len(samples) if recipe.fixed else None
    given = keras.Input(samples.shape[1:], batch_size=size, dtype=samples.dtype.name, name="x")
    outputs = keras.tree.flatten(recipe.function(given))
    return keras.Model(given, {f"y{index}": output for index, output in enumerate(outputs)})


def as_layer(function: Function) -> Function:
    """Return a function that calls another one inside a layer, as a layer of a project does."""

    def call_in_layer(given: Any) -> Any:
        class Apply(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
            def call(self, tensor: Any) -> Any:
                return function(tensor)

        return Apply(name="apply")(given)

    return call_in_layer


def convert_model(model: Any, samples: Array, folder: Path, note: str = "") -> Outcome:
    """Take a model through the stages.

    Args:
        model: A functional keras.Model with one input.
        samples: Its samples.
        folder: An empty folder.
        note: What a person has to know about a model that works.
    """
    signature = _read_signature(model, samples)
    config = ModelConfig(MODEL_NAME, "keras", signature=signature, training=TrainingSettings(metric=""))
    labels = np.zeros(len(samples), np.int64)
    data = Dataset(samples, labels, samples, labels, "made", "0" * 64)
    return convert_and_compare(config, FittedModel(model, data, {}, 0.0), folder, note)


def _read_signature(model: Any, samples: Array) -> Signature:
    """Return the signature as a person writes it: with the sizes of the outputs, which Keras sometimes leaves open."""
    declared = read_keras_signature(model, "the model")
    found = model(samples)
    outputs = tuple(
        spec._replace(shape=(spec.shape[0], *found[spec.name].shape[1:])) if spec.shape else spec
        for spec in declared.outputs
    )
    return declared._replace(outputs=outputs)
