"""What has no form in ONNX is refused by layer and operation, at the conversion."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.core.errors import ConversionError

ops = keras.ops


class Singular(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = keras.layers.Dense(4, name="inside")

    def call(self, x: Any) -> Any:
        values = ops.reshape(self.dense(x), (-1, 2, 2))
        return ops.svd(values, compute_uv=False)


def refuse(function: Callable[[Any], Any], opset: int = 18, shape: tuple[int, ...] = (4,)) -> str:
    given = keras.Input(shape, name="x")
    model = keras.Model(given, {"y": function(given)})
    with pytest.raises(ConversionError) as caught:
        convert_to_onnx(model, read_keras_signature(model, "m"), "m", opset)
    return str(caught.value)


def test_a_layer_inside_a_layer_is_named_by_its_path() -> None:
    inner = keras.Sequential([keras.layers.Dense(4), Singular(name="spectrum")], name="body")
    message = refuse(inner)
    assert message.startswith("model 'm': cannot be converted to ONNX opset 18: body/spectrum: Svd has no form in ONNX")
    assert "compute them before the model" in message


def test_an_activation_is_named_by_its_layer() -> None:
    message = refuse(keras.layers.Dense(3, activation=tf.math.digamma, name="last"))
    assert "last: Digamma has no form in ONNX" in message
    assert "docs/what-converts.md" in message


class Aligned(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        lengths = ops.cast(x[:, 0, 0] * 0, "int32")
        return ops.ctc_loss(ops.cast(x[:, :2, 0], "int32") + 1, x, lengths + 2, lengths + 4)


def test_a_loop_that_does_not_count_its_steps_is_named() -> None:
    message = refuse(Aligned(name="aligned"), shape=(4, 5))
    assert "aligned/ctc_loss_dense: While has no form in ONNX (it is not a loop of tf.while_loop" in message
    assert "Compute it outside of the model" in message


def test_an_old_operator_set_is_said_so() -> None:
    assert "Erfc has no form in ONNX (it needs operator set 13 or later" in refuse(ops.erfc, opset=12)


def test_a_matrix_that_is_too_large_is_said_so() -> None:
    message = refuse(ops.inv, shape=(65, 65))
    assert "MatrixInverse has no form in ONNX (its matrix has 65 rows, and a graph factors at most 64)" in message


def test_a_datatype_without_a_kernel_is_named_before_the_gate() -> None:
    message = refuse(lambda x: ops.det(ops.cast(x, "float64")), shape=(3, 3))
    assert "cannot be opened by ONNX Runtime: Det: " in message
    assert "NOT_IMPLEMENTED" in message


def test_the_log_of_the_converter_stays_silent(caplog: pytest.LogCaptureFixture) -> None:
    refuse(Singular())
    assert not [record for record in caplog.records if record.name.startswith("tf2onnx")]


def test_a_model_that_converts_is_not_traced_twice() -> None:
    calls: list[int] = []

    class Counted(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        def call(self, x: Any) -> Any:
            calls.append(1)
            return x * 2

    given = keras.Input((4,), name="x")
    model = keras.Model(given, {"y": Counted()(given)})
    calls.clear()
    convert_to_onnx(model, read_keras_signature(model, "m"), "m", 18)
    assert len(calls) == 1
    assert np.all(model(np.ones((1, 4), np.float32))["y"] == 2)


class Member(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        return ops.cast(ops.isin(ops.round(x), [0.0, 1.0]), "float32")


class Network(keras.Model):  # type: ignore[misc]  # Keras has no types
    def __init__(self) -> None:
        super().__init__()
        self.member = Member()

    def call(self, x: Any) -> Any:
        return self.member(x)


def test_a_layer_that_runs_but_cannot_be_traced_is_named_with_the_reason() -> None:
    model, given = Network(), np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(model(given), given)
    like = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Identity(name="y")])
    with pytest.raises(ConversionError) as caught:
        convert_to_onnx(model, read_keras_signature(like, "m"), "m", 18)
    assert "TensorFlow cannot trace Member.call() (Using a symbolic `tf.Tensor` as a Python `bool`" in str(caught.value)
    assert str(caught.value).isprintable()
