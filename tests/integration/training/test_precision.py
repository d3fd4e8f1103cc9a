"""A network is fitted in mixed precision and served in float32."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from onnx import TensorProto
from support.backend_runs import light_squares
from support.workflow_calls import train_model

from pilotlight import Run, array_batches, fit_model
from pilotlight.core.errors import TrainingError
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store
from pilotlight.training.keras.clone import clone_model, with_precision

DIGITS = Path(__file__).parents[3] / "functions" / "digits"
HALVES = {TensorProto.FLOAT16, TensorProto.BFLOAT16}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_squares(tmp_path_factory.mktemp("images") / "images.npz")


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_digits_pass_the_gate_in_float32(precision: str, images: Path, tmp_path: Path) -> None:
    folder = tmp_path / "functions" / "digits"
    shutil.copytree(DIGITS, folder, ignore=shutil.ignore_patterns("model.lock", "__pycache__"))
    toml = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(toml.replace("[training]", f'[training]\nprecision = "{precision}"'))
    store = Store(FolderBlobs(tmp_path / "store"))
    result = train_model(Project(tmp_path, ""), "digits", store=store, options={"data": str(images), "epochs": 2})
    assert result.parity.failures == ()
    assert result.parity.largest_difference is not None
    assert result.parity.largest_difference < 1e-5
    assert result.metrics["accuracy"] > 0.9
    assert result.published.manifest.provenance["training"]["precision"] == precision
    assert not HALVES & kinds(next((tmp_path / "store").rglob("model.onnx")))


def kinds(path: Path) -> set[int]:
    """The datatypes of all tensors of the graph, those that Cast gives among them."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(path))).graph
    values = [*graph.input, *graph.output, *graph.value_info]
    casts = [each.i for node in graph.node for each in node.attribute if node.op_type == "Cast" and each.name == "to"]
    return (
        {each.data_type for each in graph.initializer} | {each.type.tensor_type.elem_type for each in values} | {*casts}
    )


def network(*extra: Any) -> keras.Model:
    layers = keras.layers
    inputs = keras.Input((None,), dtype="int64", name="ids")
    states = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Embedding(9, 8)(inputs))
    for layer in extra:
        states = layer(states)
    pooled = keras.ops.max(states, axis=1)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.Dropout(0.3)(pooled)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_layers_compute_in_halves_and_the_last_one_does_not() -> None:
    copy = clone_model(network(), "mixed_bfloat16")
    found = {type(layer).__name__: layer.compute_dtype for layer in copy.layers}
    assert found["Embedding"] == found["Bidirectional"] == "bfloat16"
    assert found["Dense"] == "float32"
    assert {variable.dtype for variable in copy.trainable_variables} == {"float32"}
    assert copy.layers[2].forward_layer.compute_dtype == "bfloat16"


def test_a_copy_has_the_weights_and_shares_none() -> None:
    model = network()
    copy = clone_model(model, "float32")
    ids = np.array([[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(copy.predict_on_batch(ids), model.predict_on_batch(ids))
    copy.train_on_batch(ids, np.array([0, 1]))
    assert not np.array_equal(copy.predict_on_batch(ids), model.predict_on_batch(ids))


def test_the_fitted_weights_and_the_history_come_back() -> None:
    model = network()
    before = [each.copy() for each in model.get_weights()]
    x, y = np.arange(24).reshape(8, 3) % 9, np.arange(8) % 2
    fit_model(model, array_batches(x, y, 4, 1), Run("", 2, 4, 0.1, 1, precision="mixed_bfloat16"), validation=(x, y))
    assert any(not np.array_equal(mine, its) for mine, its in zip(model.get_weights(), before, strict=True))
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(model.history.history)
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float32"}


class Doubled(keras.layers.Layer):
    """A layer of somebody's own, which Keras has never heard of."""

    def call(self, states: Any) -> Any:
        return 2 * states


def test_own_layers_are_copied() -> None:
    copy = clone_model(network(Doubled()), "mixed_bfloat16")
    assert next(layer for layer in copy.layers if isinstance(layer, Doubled)).compute_dtype == "bfloat16"


class Own(keras.Model):
    """A model that Keras cannot look into."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2, activation="softmax")

    def call(self, states: Any) -> Any:
        return self.dense(states)


def test_a_model_that_cannot_be_copied_says_so() -> None:
    model = Own()
    model(np.zeros((1, 3), np.float32))
    model.compile("adam", "mse")
    with pytest.raises(TrainingError, match=r"cannot be built a second time.*leave precision float32"):
        clone_model(model, "mixed_bfloat16")


def test_only_float32_is_replaced() -> None:
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    inner = {"class_name": "LSTM", "config": {"dtype": policy, "units": 3}}
    config = {"name": "a", "dtype": policy, "layer": inner, "other": {"dtype": "int64"}}
    assert with_precision(config, "mixed_float16") == {
        "name": "a",
        "dtype": "mixed_float16",
        "layer": {"class_name": "LSTM", "config": {"dtype": "mixed_float16", "units": 3}},
        "other": {"dtype": "int64"},
    }
