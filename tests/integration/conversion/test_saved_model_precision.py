"""SavedModel folders of mixed precision are converted, judged and served in float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from keras import layers, ops

from pilotlight.conversion import build_in_float32, convert, find_adapter, find_adapter_for_file
from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig

DRAW = np.random.default_rng(1)


@contextmanager
def use_policy(name: str) -> Iterator[None]:
    kept = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(kept)


def make_network() -> Any:
    given = keras.Input((8, 8, 3), name="x")
    hidden = layers.BatchNormalization()(layers.Conv2D(4, 3)(given))
    hidden = layers.LayerNormalization()(layers.Flatten()(layers.MaxPooling2D()(hidden)))
    return keras.Model(given, layers.Dense(2, activation="softmax", name="y")(layers.Dense(8, "gelu")(hidden)))


def make_recurrent() -> Any:
    """Its loop is a function of the graph."""
    given = keras.Input((5, 3), name="x")
    return keras.Model(given, layers.Dense(2)(layers.LSTM(6)(layers.Masking()(given))))


class Choice(layers.Layer):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        return ops.cond(ops.max(x) > 1, lambda: x * 3, lambda: ops.fori_loop(0, 3, lambda _, total: total / 3, x))


def make_choice() -> Any:
    given = keras.Input((4,), name="x")
    return keras.Model(given, Choice()(layers.Dense(4)(given)))


def make_words() -> Any:
    """Its table is no variable."""
    given = keras.Input((2,), dtype="string", name="text")
    ids = layers.StringLookup(vocabulary=["a", "b"])(given)
    vectors = layers.Embedding(9, 3, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0))(ids)
    return keras.Model(given, layers.Dense(3)(layers.Flatten()(vectors)))


MODELS: Mapping[str, tuple[Callable[[], Any], Array]] = {
    "a network": (make_network, DRAW.normal(size=(6, 8, 8, 3)).astype(np.float32)),
    "a loop": (make_recurrent, DRAW.normal(size=(6, 5, 3)).astype(np.float32)),
    "a choice": (make_choice, DRAW.normal(size=(6, 4)).astype(np.float32)),
    "words": (make_words, np.array([["a", "b"], ["", "c"]], object)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_it_answers_as_the_same_weights_in_float32(tmp_path: Path, policy: str, name: str) -> None:
    make, samples = MODELS[name]
    keras.utils.set_random_seed(5)
    with use_policy(policy):
        mixed = make()
    exact = make()
    exact.set_weights(mixed.get_weights())
    mixed.export(tmp_path / "mixed", verbose=False)
    adapter = find_adapter_for_file(tmp_path / "mixed")
    model, note = build_in_float32(adapter.load(tmp_path / "mixed"))
    assert "float32" in note
    assert find_adapter(model) is adapter
    signature = read_keras_signature(model, "m")
    assert [spec.datatype.name for spec in signature.outputs] == ["FP32"]
    given = tf.constant(samples)
    wanted, halved = np.asarray(exact(given)), np.asarray(mixed(given), np.float32)
    assert np.abs(halved - wanted).max() > 1e-5, "the saved model computes in half precision"
    (spec,) = signature.inputs
    found: Any = adapter.predict(model, {spec.name: samples}, signature)[signature.outputs[0].name]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    convert(model, ModelConfig("m", "keras", signature=signature), tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {spec.name: samples})[0], wanted, rtol=1e-4, atol=1e-5)


class Bits(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def serve(self, x: Any) -> Any:
        return {"bits": tf.cast(tf.bitcast(tf.cast(x, tf.float16), tf.int16), tf.int32)}


def test_the_bits_of_a_half_are_refused_with_a_way(tmp_path: Path) -> None:
    module = Bits()
    tf.saved_model.save(module, str(tmp_path / "bits"), signatures=module.serve)
    loaded = find_adapter_for_file(tmp_path / "bits").load(tmp_path / "bits")
    with pytest.raises(ConversionError, match=r"mixed precision and cannot be computed in float32.*model\.save"):
        build_in_float32(loaded)
