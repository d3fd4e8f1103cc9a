import hashlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from pilotlight.conversion import convert, find_adapter
from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ConversionConfig, ModelConfig
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import SharedDimension, Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

layers = keras.layers


def spec(name: str, *shape: int) -> TensorSpec:
    return TensorSpec(name, FP32, shape)


def two_in_two_out() -> tuple[keras.Model, Signature]:
    """Its own inputs are in another order than the signature's, its outputs are a dict."""
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    joined = layers.Concatenate()([a, b])
    model = keras.Model([b, a], {"p": layers.Dense(2)(joined), "q": layers.Dense(1)(joined)})
    return model, Signature((spec("a", -1, 4), spec("b", -1, 3)), (spec("q", -1, 1), spec("p", -1, 2)))


def test_inputs_and_outputs_meet_the_signature_by_name(tmp_path: Path) -> None:
    model, signature = two_in_two_out()
    candidate = convert(model, ModelConfig("m", "keras", signature=signature), tmp_path)
    assert candidate.signature[:2] == signature[:2]
    assert candidate.signature.shared == (SharedDimension("batch", (("a", 0), ("b", 0))),)
    draw = np.random.default_rng(1)
    inputs = {each.name: draw.normal(size=(300, each.shape[1])).astype(np.float32) for each in signature.inputs}
    wanted = find_adapter(model).predict(model, inputs, signature)
    tensors = {name: Tensor.from_numpy(array, FP32) for name, array in inputs.items()}
    found = open_session(tmp_path / "model.onnx", 1).run(tensors, ["q", "p"])
    np.testing.assert_allclose(wanted["q"], found[0].numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(wanted["p"], found[1].numpy(), rtol=1e-4, atol=1e-5)


def test_tensors_that_a_layer_holds_beside_its_variables_become_weights(tmp_path: Path) -> None:
    draw = np.random.default_rng(2).normal(5, 3, (60, 4)).astype(np.float32)
    normalise = layers.Normalization()
    normalise.adapt(draw)
    model = keras.Sequential([keras.Input((4,)), normalise, layers.Dense(2)])
    signature = Signature((spec("x", -1, 4),), (spec("y", -1, 2),))
    assert convert(model, ModelConfig("m", "keras", signature=signature), tmp_path).signature == signature
    (found,) = open_session(tmp_path / "model.onnx", 1).run({"x": Tensor.from_numpy(draw, FP32)}, ["y"])
    wanted = find_adapter(model).predict(model, {"x": draw}, signature)
    np.testing.assert_allclose(wanted["y"], found.numpy(), rtol=1e-4, atol=1e-5)


def test_the_opset_is_a_setting(tmp_path: Path) -> None:
    model, signature = two_in_two_out()
    convert(model, ModelConfig("m", "keras", conversion=ConversionConfig(15), signature=signature), tmp_path)
    loaded = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(loaded, full_check=True)
    assert {entry.version for entry in loaded.opset_import if entry.domain == ""} == {15}


def test_an_impossible_opset_is_said_so(tmp_path: Path) -> None:
    model, signature = two_in_two_out()
    config = ModelConfig("m", "keras", conversion=ConversionConfig(999), signature=signature)
    with pytest.raises(ConversionError, match="cannot be converted to ONNX opset 999"):
        convert(model, config, tmp_path)


def test_another_number_of_outputs_is_refused(tmp_path: Path) -> None:
    model, signature = two_in_two_out()
    fewer = Signature(signature.inputs, signature.outputs[:1])
    with pytest.raises(ConversionError, match=r"names the outputs q, but the model gives p, q"):
        convert(model, ModelConfig("m", "keras", signature=fewer), tmp_path)


@pytest.mark.parametrize("model", [object(), "a path", 3])
def test_an_unknown_framework_names_the_known_ones(model: object) -> None:
    with pytest.raises(
        ConversionError,
        match=r"belongs to no framework .*; known are Keras, TensorFlow SavedModel, LightGBM/XGBoost/CatBoost, sc",
    ):
        find_adapter(model)


CONVERT_TWICE = """
import hashlib, sys
from pathlib import Path
import keras
from pilotlight.conversion import convert
from pilotlight.core.model_toml import load_model_config
keras.utils.set_random_seed(1)
layers = keras.layers
model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2),
                          layers.Flatten(), layers.Dense(10, activation="softmax")])
config = load_model_config("digits", Path(sys.argv[1]))
for part in "ab":
    convert(model, config, Path(sys.argv[2]) / part)
    print(hashlib.sha256((Path(sys.argv[2]) / part / "model.onnx").read_bytes()).hexdigest())
"""


def test_one_model_gives_one_sequence_of_bytes_in_every_process(tmp_path: Path) -> None:
    digits = Path(__file__).parents[3] / "functions" / "digits" / "model.toml"
    digests: set[str] = set()
    for seed in ("0", "1"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", CONVERT_TWICE, str(digits), str(tmp_path / seed)],
            capture_output=True,
            check=True,
            text=True,
            env=environ,
        )
        digests |= set(done.stdout.split())
    assert digests == {hashlib.sha256((tmp_path / "0" / "a" / "model.onnx").read_bytes()).hexdigest()}


def test_a_graph_inside_has_the_signature_that_the_model_declares() -> None:
    ids, state = keras.Input((None,), dtype="int64", name="ids"), keras.Input((4,), name="state")
    moved = state + keras.ops.cast(keras.ops.sum(ids, axis=1, keepdims=True), "float32")
    named = read_keras_signature(keras.Model([ids, state], {"next": moved, "again": state}), "here")
    assert [(spec.name, spec.datatype.name, spec.shape) for spec in named.inputs] == [
        ("ids", "INT64", (-1, -1)),
        ("state", "FP32", (-1, 4)),
    ]
    assert {(spec.name, spec.shape) for spec in named.outputs} == {("next", (-1, 4)), ("again", (-1, 4))}
    plain = keras.Model(state, keras.layers.Dense(2, name="scores")(state))
    assert [spec.name for spec in read_keras_signature(plain, "here").outputs] == ["scores"]


def test_a_model_that_declares_nothing_is_told_to() -> None:
    class Unbuilt(keras.Model):  # type: ignore[misc]  # Keras has no types
        pass

    with pytest.raises(ConversionError, match="declares no inputs and outputs"):
        read_keras_signature(Unbuilt(), "here")
