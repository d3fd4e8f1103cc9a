"""Saved models of Keras and TensorFlow: loaded, converted, and judged against what the file itself answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pilotlight.conversion import build_in_float32, convert, find_adapter, find_adapter_for_file
from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

SAMPLES = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)


def make_network() -> Any:
    given = keras.Input((4,), name="x")
    hidden = layers.BatchNormalization()(layers.Dense(8, activation="gelu")(given))
    return keras.Model(given, layers.Dense(2, name="y")(hidden))


def export(model: Any, path: Path) -> None:
    model.export(path, verbose=False)


SAVES: dict[str, Callable[[Any, Path], object]] = {
    "model.keras": lambda model, path: model.save(path),
    "model.h5": lambda model, path: model.save(path),
    "model.hdf5": lambda model, path: (model.save(path.with_name("m.h5")), path.with_name("m.h5").rename(path)),
    "exported": export,
    "saved": lambda model, path: tf.saved_model.save(model, str(path)),
}


@pytest.mark.parametrize("name", SAVES)
def test_a_saved_model_is_converted(tmp_path: Path, name: str) -> None:
    model, path = make_network(), tmp_path / name
    SAVES[name](model, path)
    signature = Signature((TensorSpec("x", FP32, (-1, 4)),), (TensorSpec("scores", FP32, (-1, 2)),))
    adapter = find_adapter_for_file(path)
    loaded, note = build_in_float32(adapter.load(path))
    assert note == ""
    assert find_adapter(loaded) is adapter
    np.testing.assert_allclose(adapter.predict(loaded, {"x": SAMPLES}, signature)["scores"], model(SAMPLES), 1e-5, 1e-6)
    assert ask(loaded, tmp_path / "onnx", signature, SAMPLES)["scores"] == pytest.approx(
        np.asarray(model(SAMPLES)), 1e-4
    )


def ask(model: Any, folder: Path, signature: Signature, samples: Array) -> dict[str, Array]:
    """The answers of the ONNX model."""
    convert(model, ModelConfig("m", "keras", signature=signature), folder)
    names = [spec.name for spec in signature.outputs]
    if samples.dtype == object:
        encoded = np.array([text.encode() for text in samples.reshape(-1)], object).reshape(samples.shape)
        tensor = Tensor.from_numpy(encoded, BYTES)
    else:
        tensor = Tensor.from_numpy(samples, FP32)
    found = open_session(folder / "model.onnx", 1).run({signature.inputs[0].name: tensor}, names)
    return {name: each.numpy() for name, each in zip(names, found, strict=True)}


def make_words(**options: Any) -> Any:
    given = keras.Input((1,), dtype="string", name="text")
    lookup = layers.StringLookup(vocabulary=["a", "b"], name="lookup", **options)(given)
    return keras.Model(given, layers.Flatten()(layers.Embedding(9, 3)(lookup)))


@pytest.mark.parametrize("name", ["model.keras", "exported"])
def test_a_saved_model_with_words_is_converted(tmp_path: Path, name: str) -> None:
    given = keras.Input((1,), dtype="string", name="text")
    vector = layers.TextVectorization(vocabulary=["a", "b", "don't", "dont"], output_sequence_length=4)(given)
    model = keras.Model(given, layers.Flatten()(layers.Embedding(9, 3)(vector)))
    SAVES[name](model, tmp_path / name)
    adapter = find_adapter_for_file(tmp_path / name)
    loaded = adapter.load(tmp_path / name)
    words = np.array([["A, b don't"], [""], ["É x"]], object)
    signature = read_keras_signature(loaded, "m")
    wanted = adapter.predict(loaded, {"text": words}, signature)
    found = ask(loaded, tmp_path / "onnx", signature, words)
    (output,) = wanted
    np.testing.assert_allclose(found[output], wanted[output], rtol=1e-6)
    np.testing.assert_allclose(found[output], model(tf.constant(words)), rtol=1e-6)


@pytest.mark.parametrize("mask", [None, ""])
def test_a_word_without_a_place_is_an_error_in_a_saved_model_too(tmp_path: Path, mask: str | None) -> None:
    model = make_words(num_oov_indices=0, mask_token=mask)
    export(model, tmp_path / "exported")
    loaded = find_adapter_for_file(tmp_path / "exported").load(tmp_path / "exported")
    signature = read_keras_signature(loaded, "m")
    known = np.array([["a"], ["b"]], object)
    (found,) = ask(loaded, tmp_path / "onnx", signature, known).values()
    np.testing.assert_allclose(found, model(tf.constant(known)), rtol=1e-6)
    with pytest.raises(InferenceFailed):
        ask(loaded, tmp_path / "again", signature, np.array([["a"], ["c"]], object))


class Program(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def serve(self, x: Any) -> Any:
        return {"product": x @ self.weights, "sum": tf.reduce_sum(x, -1, keepdims=True)}


class Writing(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def write(self, x: Any) -> Any:
        tf.io.write_file("written", "code ran")
        return {"y": x}


def test_a_module_of_tensorflow_with_two_outputs(tmp_path: Path) -> None:
    program = Program()
    tf.saved_model.save(program, str(tmp_path / "module"), signatures=program.serve)
    loaded = find_adapter_for_file(tmp_path / "module").load(tmp_path / "module")
    signature = read_keras_signature(loaded, "m")
    assert [spec.name for spec in signature.outputs] == ["product", "sum"]
    found = ask(loaded, tmp_path / "onnx", signature, SAMPLES)
    np.testing.assert_allclose(found["product"], SAMPLES @ program.weights.numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["sum"], SAMPLES.sum(1, keepdims=True), rtol=1e-4, atol=1e-5)


def test_a_saved_model_that_writes_files_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = Writing()
    tf.saved_model.save(program, "module", signatures=program.write)
    with pytest.raises(ConversionError, match="holds the operations WriteFile, which reach files or other processes"):
        find_adapter_for_file(Path("module")).load(Path("module"))
    assert not Path("written").exists()


def test_a_saved_model_without_a_signature(tmp_path: Path) -> None:
    module = tf.Module()
    module.weights = tf.Variable([1.0])
    tf.saved_model.save(module, str(tmp_path / "module"))
    with pytest.raises(ConversionError, match=r"has no signature, and none is serving_default.*model.export"):
        find_adapter_for_file(tmp_path / "module").load(tmp_path / "module")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no variables": lambda path: shutil.rmtree(path / "variables"),
    "cut variables": lambda path: [each.write_bytes(each.read_bytes()[:9]) for each in (path / "variables").iterdir()],
    "an empty graph": lambda path: (path / "saved_model.pb").write_bytes(b""),
    "a cut graph": lambda path: (path / "saved_model.pb").write_bytes((path / "saved_model.pb").read_bytes()[:-200]),
    "text": lambda path: (path / "saved_model.pb").write_bytes(b"no graph\n"),
    "a folder for a graph": lambda path: ((path / "saved_model.pb").unlink(), (path / "saved_model.pb").mkdir()),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_saved_model_is_one_line(tmp_path: Path, name: str) -> None:
    export(make_network(), tmp_path / "damaged")
    DAMAGES[name](tmp_path / "damaged")
    with pytest.raises(ConversionError) as caught:
        find_adapter_for_file(tmp_path / "damaged").load(tmp_path / "damaged")
    assert "damaged" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2_000


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="belongs to no framework that can be converted"):
        find_adapter_for_file(tmp_path)


@pytest.mark.parametrize("name", ["mixed.keras", "mixed.h5"])
def test_a_model_of_mixed_precision_is_judged_in_float32(tmp_path: Path, name: str) -> None:
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        given = keras.Input((4,), name="x")
        inner = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
        hidden = inner(layers.Normalization(mean=0.5, variance=2.0)(layers.Dense(8, activation="relu")(given)))
        model = keras.Model(given, layers.Dense(2, dtype="float32", name="y")(hidden))
        model.save(tmp_path / name)
    finally:
        keras.mixed_precision.set_global_policy(policy)
    loaded, note = build_in_float32(find_adapter_for_file(tmp_path / name).load(tmp_path / name))
    assert "float32" in note
    signature = read_keras_signature(loaded, "m")
    exact, kept = SAMPLES.astype(np.float64), [weight.astype(np.float64) for weight in model.get_weights()]
    hidden = (np.maximum(exact @ kept[0] + kept[1], 0) - 0.5) / np.sqrt(2)
    wanted = (hidden @ kept[2] + kept[3]) @ kept[4] + kept[5]
    assert np.abs(np.asarray(model(SAMPLES)) - wanted).max() > 1e-5, "the saved model computes in float16"
    np.testing.assert_allclose(np.asarray(loaded(SAMPLES)), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ask(loaded, tmp_path / "onnx", signature, SAMPLES)["y"], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_lambda_layer_gets_a_hint(tmp_path: Path, name: str) -> None:
    given = keras.Input((4,), name="x")
    keras.Model(given, layers.Lambda(lambda x: x * 2, name="doubled")(given)).save(tmp_path / name)
    with pytest.raises(ConversionError) as caught:
        find_adapter_for_file(tmp_path / name).load(tmp_path / name)
    assert "holds Python code in the Lambda layer 'doubled', which is never run" in str(caught.value)
    assert "keras.saving.register_keras_serializable" in str(caught.value)


def test_a_lambda_layer_in_a_saved_model_is_converted(tmp_path: Path) -> None:
    """It was traced when it was saved, so there is no Python code in it."""
    given = keras.Input((4,), name="x")
    export(keras.Model(given, layers.Lambda(lambda x: x * 2)(given)), tmp_path / "exported")
    loaded = find_adapter_for_file(tmp_path / "exported").load(tmp_path / "exported")
    (found,) = ask(loaded, tmp_path / "onnx", read_keras_signature(loaded, "m"), SAMPLES).values()
    np.testing.assert_allclose(found, SAMPLES * 2, rtol=1e-6)


class Unregistered(layers.Layer):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_class_that_is_not_registered_is_named(tmp_path: Path, name: str) -> None:
    given = keras.Input((4,), name="x")
    keras.Model(given, Unregistered()(given)).save(tmp_path / name)
    with pytest.raises(ConversionError, match=r"needs 'Unregistered', .*register_keras_serializable"):
        find_adapter_for_file(tmp_path / name).load(tmp_path / name)


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    make_network().save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(ConversionError, match=r"a file of weights alone cannot be converted.*load_weights"):
        find_adapter_for_file(tmp_path / "only.weights.h5").load(tmp_path / "only.weights.h5")


def test_other_inputs_than_the_saved_model_takes(tmp_path: Path) -> None:
    first, second = keras.Input((2,), name="first"), keras.Input((2,), name="second")
    export(keras.Model([first, second], layers.Add()([first, second])), tmp_path / "exported")
    loaded = find_adapter_for_file(tmp_path / "exported").load(tmp_path / "exported")
    inputs = tuple(TensorSpec(name, FP32, (-1, 2)) for name in ("one", "two"))
    signature = Signature(inputs, (TensorSpec("y", FP32, (-1, 2)),))
    with pytest.raises(ConversionError, match=r"has the inputs one, two, and the SavedModel's .* takes first, second"):
        convert(loaded, ModelConfig("m", "keras", signature=signature), tmp_path / "onnx")
