"""keras.ops.scan: a state that each step reads and writes, and results in the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.core.errors import ConversionError

ops = keras.ops
SAMPLES = np.random.default_rng(4).normal(size=(7, 4, 5)).astype(np.float32)


class Steps(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(name="steps")
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


def swap(x: Any) -> Any:
    return ops.transpose(x, (1, 0, 2))


def add(state: Any, step: Any) -> tuple[Any, Any]:
    return state / 2 + step, state * step


def add_to_two(state: Any, step: Any) -> tuple[Any, Any]:
    return (state[0] + step, state[1] / 2 + step), (state[1] * step, state[0])


def add_last_state(x: Any) -> Any:
    last, results = ops.scan(add, x[:, 0], swap(x))
    return swap(results) + last[:, None]


SCANS: Mapping[str, Callable[[Any], Any]] = {
    "the results": lambda x: swap(ops.scan(add, x[:, 0] * 0, swap(x))[1]),
    "the last state": lambda x: ops.scan(add, x[:, 0] * 0, swap(x))[0],
    "both": add_last_state,
    "two states": lambda x: swap(ops.scan(add_to_two, (x[:, 0] * 0, x[:, 1]), swap(x))[1][0]),
    "no results": lambda x: ops.scan(lambda state, step: (state / 2 + step, None), x[:, 0], swap(x))[0],
    "no results, from the end": lambda x: ops.scan(
        lambda state, step: (state / 2 + step, None), x[:, 0], swap(x), reverse=True
    )[0],
    "no sequence": lambda x: ops.scan(lambda state, _: (state * 1.5, state), x, length=3)[0],
    "a scan in a scan": lambda x: ops.scan(
        lambda state, step: (ops.scan(add, state, step[None])[0], None), x[:, 0], swap(x)
    )[0],
}


def make_model(function: Callable[[Any], Any]) -> Any:
    given = keras.Input((4, 5), name="x")
    return keras.Model(given, {"y": Steps(function)(given)})


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_answers_as_keras(name: str) -> None:
    model = make_model(SCANS[name])
    content = convert_to_onnx(model, read_keras_signature(model, "m"), "m", 18)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for count in (7, 1):
        found = session.run(None, {"x": SAMPLES[:count]})[0]
        np.testing.assert_allclose(found, np.asarray(model(SAMPLES[:count])["y"]), rtol=1e-5, atol=1e-6)


def test_results_in_another_order_are_refused_with_a_way() -> None:
    model = make_model(lambda x: swap(ops.scan(add, x[:, 0] * 0, swap(x), reverse=True)[1]))
    with pytest.raises(ConversionError) as caught:
        convert_to_onnx(model, read_keras_signature(model, "m"), "m", 18)
    assert "steps: TensorListReserve has no form in ONNX" in str(caught.value)
    assert "flip the sequence instead of reverse=True" in str(caught.value)
