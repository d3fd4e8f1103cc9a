"""Every layer of keras.layers but those for preprocessing, which have a table of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np

from benchmarks.tables.keras_case import Recipe, floats, integers

L = keras.layers
LEFT_OUT: Final[dict[str, str]] = {
    **dict.fromkeys(("Input", "InputLayer", "InputSpec", "deserialize", "serialize", "Layer", "Wrapper"), "compute nothing"),
    **dict.fromkeys(
        ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"), "are a step of an RNN, tried in the recurrent options"
    ),
    **dict.fromkeys(("FlaxLayer", "JaxLayer"), "need the JAX backend"),
    "TorchModuleWrapper": "needs the PyTorch backend",
    "TFSMLayer": "runs a SavedModel",
}
"""Public names that are no rows, and why."""


def _one(layer: Callable[[], Any], *shape: int) -> Recipe:
    return Recipe(lambda given: layer()(given), floats(*shape))


def _two(layer: Callable[[], Any], *shape: int) -> Recipe:
    """A layer that joins two inputs."""
    return Recipe(lambda given: layer()([given[:, 0], given[:, 1]]), floats(2, *shape))



_IMAGE: Final = (12, 10, 4)
_SEQUENCE: Final = (9, 4)
_VOLUME: Final = (8, 7, 6, 4)
_SHAPES: Final = {1: _SEQUENCE, 2: _IMAGE, 3: _VOLUME}

_RANDOM: Final = keras.initializers.RandomNormal(stddev=0.5, seed=3)
_VARIANCE: Final = keras.initializers.RandomUniform(0.5, 1.5, seed=4)

RECIPES: Final[dict[str, Recipe]] = {
    "Activation": _one(lambda: L.Activation("gelu"), 8),
    "ActivityRegularization": _one(lambda: L.ActivityRegularization(0.1), 8),
    "Add": _two(L.Add, 8),
    "AdditiveAttention": _two(L.AdditiveAttention, 5, 8),
    "AlphaDropout": _one(lambda: L.AlphaDropout(0.3), 8),
    "Attention": _two(lambda: L.Attention(use_scale=True), 5, 8),
    "Average": _two(L.Average, 8),
    "BatchNormalization": _one(
        lambda: L.BatchNormalization(
            beta_initializer=_RANDOM,
            gamma_initializer=_VARIANCE,
            moving_mean_initializer=_RANDOM,
            moving_variance_initializer=_VARIANCE,
        ),
        *_IMAGE,
    ),
    "Bidirectional": _one(lambda: L.Bidirectional(L.LSTM(3)), *_SEQUENCE),
    "Concatenate": _two(L.Concatenate, 8),
    "Dense": _one(lambda: L.Dense(3), 8),
    "Dot": _two(lambda: L.Dot(axes=2), 5, 8),
    "Dropout": _one(lambda: L.Dropout(0.3), 8),
    "ELU": _one(lambda: L.ELU(0.7), 8),
    "EinsumDense": _one(lambda: L.EinsumDense("abc,cd->abd", (9, 3), bias_axes="d"), *_SEQUENCE),
    "Embedding": Recipe(lambda given: L.Embedding(9, 4)(given), integers(5, low=0)),
    "Flatten": _one(L.Flatten, *_IMAGE),
    "GRU": _one(lambda: L.GRU(3, return_sequences=True), *_SEQUENCE),
    "GaussianDropout": _one(lambda: L.GaussianDropout(0.3), 8),
    "GaussianNoise": _one(lambda: L.GaussianNoise(0.3), 8),
    "GroupNormalization": _one(
        lambda: L.GroupNormalization(2, beta_initializer=_RANDOM, gamma_initializer=_RANDOM), *_IMAGE
    ),
    "GroupQueryAttention": _two(lambda: lambda pair: L.GroupQueryAttention(4, 4, 2)(*pair), 5, 8),
    "Identity": _one(L.Identity, 8),
    "LSTM": _one(lambda: L.LSTM(3, return_sequences=True), *_SEQUENCE),
    "Lambda": Recipe(
        lambda given: L.Lambda(lambda tensor: tensor * 2 + 1)(given),
        floats(8),
        "Converts in the process that trained it. Keras loads no saved Lambda safely: write a layer of your own instead.",
    ),
    "LayerNormalization": _one(
        lambda: L.LayerNormalization(beta_initializer=_RANDOM, gamma_initializer=_RANDOM), *_SEQUENCE
    ),
    "LeakyReLU": _one(lambda: L.LeakyReLU(0.2), 8),
    "Masking": Recipe(
        lambda given: L.LSTM(3)(L.Masking()(given)),
        (floats(*_SEQUENCE) * (np.arange(9) < np.arange(1, 9)[:, None])[..., None]).astype(np.float32),
    ),
    "Maximum": _two(L.Maximum, 8),
    "Minimum": _two(L.Minimum, 8),
    "MultiHeadAttention": _two(lambda: lambda pair: L.MultiHeadAttention(2, 4)(*pair), 5, 8),
    "Multiply": _two(L.Multiply, 8),
    "PReLU": _one(lambda: L.PReLU(alpha_initializer=_RANDOM), 8),
    "Permute": _one(lambda: L.Permute((2, 1, 3)), *_IMAGE),
    "RMSNormalization": _one(L.RMSNormalization, *_SEQUENCE),
    "RNN": _one(lambda: L.RNN([L.GRUCell(3), L.LSTMCell(4)]), *_SEQUENCE),
    "ReLU": _one(lambda: L.ReLU(2.0, 0.1, 0.3), 8),
    "RepeatVector": _one(lambda: L.RepeatVector(4), 8),
    "Reshape": _one(lambda: L.Reshape((4, -1)), 8),
    "ReversibleEmbedding": Recipe(
        lambda given: (lambda layer: layer(layer(given), reverse=True))(L.ReversibleEmbedding(9, 4)), integers(5, low=0)
    ),
    "SimpleRNN": _one(lambda: L.SimpleRNN(3, return_sequences=True), *_SEQUENCE),
    "Softmax": _one(lambda: L.Softmax(axis=1), 5, 8),
    "SpectralNormalization": _one(lambda: L.SpectralNormalization(L.Dense(3)), 8),
    "Subtract": _two(L.Subtract, 8),
    "TimeDistributed": _one(lambda: L.TimeDistributed(L.Conv2D(3, 3)), 3, 8, 8, 2),
    "UnitNormalization": _one(L.UnitNormalization, 8),
    **{name: _two(lambda name=name: lambda pair: getattr(L, name)(pair), 8)
       for name in ("add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract")},
    "dot": _two(lambda: lambda pair: L.dot(pair, axes=2), 5, 8),
}
for _count, _shape in _SHAPES.items():
    _made: dict[str, Callable[[Any], Any]] = {
        f"AdaptiveAveragePooling{_count}D": lambda kind: kind(3),
        f"AdaptiveMaxPooling{_count}D": lambda kind: kind(3),
        f"AveragePooling{_count}D": lambda kind: kind(3, strides=2, padding="same"),
        f"AvgPool{_count}D": lambda kind: kind(2),
        f"Conv{_count}D": lambda kind: kind(6, 3, strides=2, padding="same", activation="relu"),
        f"Conv{_count}DTranspose": lambda kind: kind(6, 3, strides=2, padding="same"),
        f"Convolution{_count}D": lambda kind: kind(6, 3, dilation_rate=2),
        f"Convolution{_count}DTranspose": lambda kind: kind(6, 3),
        f"Cropping{_count}D": lambda kind: kind(1),
        f"DepthwiseConv{_count}D": lambda kind: kind(3, depth_multiplier=2),
        f"GlobalAveragePooling{_count}D": lambda kind: kind(),
        f"GlobalAvgPool{_count}D": lambda kind: kind(keepdims=True),
        f"GlobalMaxPool{_count}D": lambda kind: kind(keepdims=True),
        f"GlobalMaxPooling{_count}D": lambda kind: kind(),
        f"MaxPool{_count}D": lambda kind: kind(2),
        f"MaxPooling{_count}D": lambda kind: kind(3, strides=2, padding="same"),
        f"SeparableConv{_count}D": lambda kind: kind(6, 3, padding="same"),
        f"SeparableConvolution{_count}D": lambda kind: kind(6, 3),
        f"SpatialDropout{_count}D": lambda kind: kind(0.3),
        f"UpSampling{_count}D": lambda kind: kind(2),
        f"ZeroPadding{_count}D": lambda kind: kind(2),
    }
    for _name, _make in _made.items():
        if hasattr(L, _name):
            RECIPES[_name] = _one(lambda name=_name, make=_make: make(getattr(L, name)), *_shape)
    RECIPES[f"ConvLSTM{_count}D"] = _one(
        lambda name=f"ConvLSTM{_count}D": getattr(L, name)(3, 2, padding="same"), *(3, *(5, 4, 3)[:_count], 2)
    )


def list_names() -> list[str]:
    """Return the public names that are rows."""
    public = [name for name in dir(L) if not name.startswith("_") and name not in LEFT_OUT]
    return [name for name in public if ".preprocessing." not in getattr(L, name).__module__]
