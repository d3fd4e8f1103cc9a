"""A model around a preprocessing layer, as a row of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import keras
import numpy as np
from keras import layers

from benchmarks.tables.case import MODEL_NAME, REFUSED, Outcome, convert_and_compare
from pilotlight.conversion.tensorflow.keras_adapter import predict_in_batches, read_keras_signature
from pilotlight.core.artifacts import Array, Dataset, FittedModel
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.datatypes import BYTES, DATATYPES, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

_CYCLE: Final = "is part of a cycle"
Inputs: TypeAlias = Mapping[str, Array]
Build: TypeAlias = Callable[[Any], Any]
"""Makes a layer's output of the symbolic input, or of a dictionary of several."""


Cases: TypeAlias = Iterator[tuple[str, Build, Inputs]]


def try_build(build: Build, inputs: Inputs, folder: Path) -> Outcome:
    """Try a model around a layer, or a model that is built whole."""
    symbols = {
        name: keras.Input(array.shape[1:], dtype="string" if array.dtype == object else array.dtype.name, name=name)
        for name, array in inputs.items()
    }
    try:
        several = list(symbols.values())
        built = build(symbols if len(several) > 1 else several[0])
        given = several if len(several) > 1 else several[0]
        model = built if isinstance(built, keras.Model) else keras.Model(given, built)
    except ValueError as error:
        if _CYCLE not in str(error):
            raise
        return Outcome(REFUSED, "Keras itself cannot build a functional model with it")
    signature = _read_signature(model, inputs)
    config = ModelConfig(MODEL_NAME, "keras", signature=signature, training=TrainingSettings(metric=""))
    labels = np.zeros(len(next(iter(inputs.values()))), np.int64)
    data = Dataset(inputs, labels, inputs, labels, "made", "0" * 64)
    return convert_and_compare(config, FittedModel(model, data, {}, 0.0), folder)


def _read_signature(model: Any, inputs: Inputs) -> Signature:
    """Return the signature as a person writes it: some layers declare another datatype or shape than they answer."""
    declared = read_keras_signature(model, "the model")
    found = predict_in_batches(model, inputs, declared)
    outputs = tuple(
        TensorSpec(spec.name, _find_datatype(found[spec.name]), (-1, *found[spec.name].shape[1:]))
        for spec in declared.outputs
    )
    return Signature(declared.inputs, outputs)


def _find_datatype(array: Array) -> Datatype:
    return BYTES if array.dtype == object else next(each for each in DATATYPES.values() if each.numpy == array.dtype)


def make_layer(name: str, **options: Any) -> Build:
    """Return a function that calls a layer of these options."""

    def build(given: Any) -> Any:
        return getattr(layers, name)(**options)(given)

    return build


def name_row(layer: str, options: Mapping[str, Any]) -> str:
    """Return the layer as a call with its options."""
    shown = ", ".join(f"{key}={'…' if key == 'idf_weights' else repr(value)}" for key, value in options.items())
    return f"{layer}({shown})" if shown else layer
