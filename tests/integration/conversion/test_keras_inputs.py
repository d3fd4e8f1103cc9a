"""Models are called with inputs in the structure that they were built with: Keras warns of another one, or fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from pilotlight.conversion.tensorflow.keras_adapter import predict_in_batches, read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight_runtime.signature import Signature

SAMPLES: Any = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)


def make_of_one(arrange: Callable[[Any], Any]) -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(arrange(x), layers.Rescaling(2.0, name="y")(x))


def make_of_two(arrange: Callable[[Any, Any], Any]) -> Any:
    """Its inputs are in another order than their names."""
    x, a = keras.Input((4,), name="x"), keras.Input((4,), name="a")
    return keras.Model(arrange(x, a), layers.Subtract(name="y")([x, a]))


MODELS: Mapping[str, Callable[[], Any]] = {
    "one tensor": lambda: make_of_one(lambda x: x),
    "a list of one": lambda: make_of_one(lambda x: [x]),
    "a tuple of one": lambda: make_of_one(lambda x: (x,)),
    "a dictionary of one": lambda: make_of_one(lambda x: {"x": x}),
    "a dictionary in a list": lambda: make_of_one(lambda x: [{"x": x}]),
    "a Sequential": lambda: keras.Sequential([keras.Input((4,), name="x"), layers.Rescaling(2.0, name="y")]),
    "a list of two": lambda: make_of_two(lambda x, a: [x, a]),
    "a tuple of two": lambda: make_of_two(lambda x, a: (x, a)),
    "a dictionary of two": lambda: make_of_two(lambda x, a: {"x": x, "a": a}),
    "two groups": lambda: make_of_two(lambda x, a: {"left": [x], "right": (a,)}),
}


def name_samples(signature: Signature) -> dict[str, Any]:
    return {spec.name: SAMPLES * (3 if spec.name == "x" else 1) for spec in signature.inputs}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_and_is_converted_without_a_warning(name: str) -> None:
    model = MODELS[name]()
    signature = read_keras_signature(model, "m")
    given = name_samples(signature)
    found: Any = predict_in_batches(model, given, signature)
    wanted = given["x"] * 2 if len(given) == 1 else given["x"] - given["a"]
    np.testing.assert_allclose(found["y"], wanted, rtol=1e-6)
    assert convert_to_onnx(model, signature, "m", 18)


class Doubled(keras.Model):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        return x * 2


@pytest.mark.filterwarnings("error")
def test_a_model_of_an_own_class_takes_one_tensor_alone() -> None:
    signature = read_keras_signature(make_of_one(lambda x: x), "m")
    found: Any = predict_in_batches(Doubled(), {"x": SAMPLES}, signature)
    np.testing.assert_allclose(found["y"], SAMPLES * 2, rtol=1e-6)
