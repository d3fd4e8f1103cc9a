"""Every model of keras.applications, with random weights and the smallest input that it takes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import keras

from benchmarks.tables.case import NOTE, WORKS, Case, Outcome
from benchmarks.tables.keras_case import convert_model, floats

PACKAGES: Final = ("keras", "tensorflow-cpu", "tf2onnx", "onnxruntime")
_SMALLEST: Final = {"InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}
"""The smallest height and width in pixels. All others take 32."""

_SENSITIVE: Final = ("EfficientNetV2L", "NASNetLarge")
"""Models so deep that rounding decides what random weights answer: EfficientNetV2L answers up to 2,180, and float32 is
wrong by up to 1,630. So there is nothing to compare ONNX with."""
_SCALED: Final = (
    "Tried with weights of batch normalization of 0.5: with 1, rounding decides what random weights answer."
)

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
    samples = floats(size, size, 3, low=low, high=high)[:2]
    if name in _SENSITIVE:
        _scale_down(body)
    outcome = convert_model(model, samples, folder)
    keras.backend.clear_session()
    return outcome._replace(status=NOTE, detail=_SCALED) if name in _SENSITIVE and outcome.status == WORKS else outcome


def _scale_down(body: Any) -> None:
    """Have each batch normalisation halve its output, so that activations do not grow from layer to layer."""
    for layer in body.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(layer.gamma * 0.5)
