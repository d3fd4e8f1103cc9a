"""Every model of keras.applications, with random weights and the smallest input that it takes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import keras

from benchmarks.tables.case import Case, Outcome
from benchmarks.tables.keras_case import convert_model, floats

PACKAGES: Final = ("keras", "tensorflow-cpu", "tf2onnx", "onnxruntime")
_SMALLEST: Final = {"InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}
"""The smallest height and width in pixels. All others take 32."""

_OF_PIXELS: Final = ("ConvNeXt", "EfficientNet", "MobileNetV3")
"""Models that scale pixels from 0 to 255 themselves. All others take numbers from -1 to 1."""


def list_cases() -> list[Case]:
    """Return a case for each model."""
    names = [name for name in dir(keras.applications) if name[0].isupper()]
    return [Case("models", name, partial(_try, name)) for name in names]


def _try(name: str, folder: Path) -> Outcome:
    keras.utils.set_random_seed(1)
    size = _SMALLEST.get(name, 32)
    made: Any = getattr(keras.applications, name)
    body = made(include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg")
    given = keras.Input((size, size, 3), name="x")
    model = keras.Model(given, {"y": body(given)})
    low, high = (0.0, 255.0) if name.startswith(_OF_PIXELS) else (-1.0, 1.0)
    samples = floats(size, size, 3, low=low, high=high)
    _normalize_batches(body, samples)
    outcome = convert_model(model, samples[:2], folder)
    keras.backend.clear_session()
    return outcome


def _normalize_batches(body: Any, samples: Any) -> None:
    """Give batch normalisation the statistics of these samples, as training would.

    Random weights with a mean of 0 and a variance of 1 let activations grow from layer to layer. EfficientNetV2L then
    answers up to 2,180 with an error of 1,630 in its own float32, so there is nothing that ONNX could be compared with.
    """
    for layer in body.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    body(samples, training=True)
