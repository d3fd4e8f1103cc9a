"""Functions that are called for each sample in turn: a loop with a branch inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx

ops = keras.ops
NUMBERS = np.random.default_rng(4).normal(size=(7, 4, 5)).astype(np.float32)
HOLES = np.where(NUMBERS > 1, np.float32("nan"), NUMBERS)
HOLES[3] = np.nan


class Each(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(name="each")
        self.function = function

    def call(self, x: Any) -> Any:
        return ops.map(self.function, x)


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "nanmedian": ops.nanmedian,
    "nanpercentile": lambda sample: ops.nanpercentile(sample, 30.0),
    "nanquantile": lambda sample: ops.nanquantile(sample, 0.7),
}


def convert_and_ask(function: Callable[[Any], Any]) -> tuple[Any, Any]:
    given = keras.Input((4, 5), name="x")
    model = keras.Model(given, {"y": Each(function)(given)})
    content = convert_to_onnx(model, read_keras_signature(model, "m"), "m", 18)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": HOLES})[0], np.asarray(model(HOLES)["y"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_each_sample_answers_as_keras(name: str) -> None:
    found, wanted = convert_and_ask(FUNCTIONS[name])
    assert np.isnan(wanted[3])
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_second_model_of_the_process_is_converted_as_the_first() -> None:
    """TensorFlow keeps the names of the first one's branches."""
    for share in (0.1, 0.5, 0.9):
        found, wanted = convert_and_ask(partial(ops.nanquantile, q=share))
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
