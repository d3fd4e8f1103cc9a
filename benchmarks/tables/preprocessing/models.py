"""Models of several preprocessing layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.utils import FeatureSpace

from benchmarks.tables.preprocessing.layer_case import Cases, Inputs
from benchmarks.tables.preprocessing.samples import VOCABULARY, WORDS
from pilotlight.core.artifacts import Array


def list_models() -> Cases:
    """Yield the rows."""
    yield "Reshape, Concatenate, StringLookup, Embedding", _join_columns, {"first": _column(1), "second": _column(2)}
    mixed: Inputs = {"word": _column(1), "age": np.arange(40, dtype=np.float32)[:, None], "id": _ids()}
    yield "words, numbers and ids in one model", _mix, mixed
    yield "FeatureSpace", _make_features, mixed
    yield "Pipeline", _pipe, {"x": np.ones((5, 3), np.float32)}


def _column(seed: int) -> Array:
    return np.random.default_rng(seed).choice(np.array(WORDS, object), (40, 1))


def _ids() -> Array:
    return np.random.default_rng(4).integers(-1, 9, (40, 1))


def _join_columns(given: Mapping[str, Any]) -> Any:
    joined = layers.Reshape((2, 1))(layers.Concatenate()(list(given.values())))
    ids = layers.StringLookup(vocabulary=VOCABULARY, mask_token="")(joined)
    return layers.Dense(2)(layers.Flatten()(layers.Embedding(20, 3)(ids)))


def _mix(given: Mapping[str, Any]) -> Any:
    ids = layers.TextVectorization(vocabulary=VOCABULARY, output_sequence_length=5)(given["word"])
    words = layers.Flatten()(layers.Embedding(20, 3)(ids))
    numbers = layers.Normalization(mean=20.0, variance=9.0)(given["age"])
    places = layers.IntegerLookup(vocabulary=[1, 2, 3], output_mode="one_hot")(given["id"])
    return layers.Dense(2)(layers.Concatenate()([words, numbers, places]))


def _make_features(_given: Mapping[str, Any]) -> Any:

    space = FeatureSpace(
        {
            "word": FeatureSpace.string_categorical(num_oov_indices=1),
            "age": FeatureSpace.float_discretized(3),
            "id": FeatureSpace.integer_categorical(num_oov_indices=1),
        },
        output_mode="concat",
    )
    rows = {"word": ["a", "b", "a"], "age": [1.0, 20.0, 30.0], "id": [1, 2, 3]}
    space.adapt(tf.data.Dataset.from_tensor_slices(rows))
    outputs = layers.Dense(2)(space.get_encoded_features())
    return keras.Model(list(space.get_inputs().values()), outputs)


def _pipe(given: Any) -> Any:
    return layers.Pipeline([layers.Rescaling(2.0), layers.Rescaling(0.5, offset=1.0)])(given)
