"""`convert --from`: train.py is imported first, and the saved model goes all the way into a store."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from support.progress import Heard
from support.project import edit_model, write_model
from support.workflow_calls import convert_model, train_model

from pilotlight.core.errors import ConversionError, TrainingError
from pilotlight.core.lock import read_lock
from pilotlight.core.project import Project
from pilotlight.store import Store

MODEL_TOML = """
kind = "keras"
[training]
data = "made"
metric = ""
[[signature.inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "y"
datatype = "FP32"
shape = [-1, 2]
"""
TRAIN = """
import keras, numpy as np
from pilotlight import Dataset
from training.parts import doubled

@keras.saving.register_keras_serializable("mine")
class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **others):
        super().__init__(**others)
        self.factor = factor
    def call(self, x):
        return x * self.factor
    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

@keras.saving.register_keras_serializable("mine")
class Network(keras.Model):
    def __init__(self, units=2, **others):
        super().__init__(**others)
        self.units, self.last = units, keras.layers.Dense(units, activation=doubled)
    def build(self, shape):
        self.last.build(shape)
        super().build(shape)
    def call(self, x):
        return self.last(x)
    def get_config(self):
        return {"units": self.units}

def load(run):
    x = np.random.default_rng(1).normal(size=(200, 4)).astype("float32")
    return Dataset(x, x[:, :2], x, x[:, :2], source="made", fingerprint="0" * 64)

def train(data, run):
    if "{kind}" == "subclass":
        model = Network()
        model(data.x_train[:1])
    else:
        model = keras.Sequential([keras.Input((4,), name="x"), Scale(3.0), keras.layers.Dense(2, activation=doubled)])
    model.save("saved." + "{suffix}")
    return model
"""
PARTS = """
import keras

@keras.saving.register_keras_serializable("mine")
def doubled(x):
    return keras.ops.tanh(x) * 2
"""


def write_project(project: Project, kind: str = "sequential", suffix: str = "keras") -> Path:
    files = {"model.toml": MODEL_TOML, "train.py": TRAIN.replace("{kind}", kind).replace("{suffix}", suffix)}
    folder = write_model(project, "own", files)
    (folder / "training").mkdir()
    (folder / "training" / "parts.py").write_text(PARTS)
    return folder


@pytest.mark.parametrize(("kind", "suffix"), [("sequential", "keras"), ("sequential", "h5"), ("subclass", "keras")])
def test_what_train_py_registers_is_loaded(
    project: Project, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, suffix: str
) -> None:
    """A layer, an activation and a model. The version is that of the training: the same weights in the same graph."""
    monkeypatch.chdir(tmp_path)
    folder = write_project(project, kind, suffix)
    trained = train_model(project, "own", store=store)
    keras.saving.get_custom_objects().clear()
    heard = Heard()
    converted = convert_model(project, "own", Path(f"saved.{suffix}"), store=store, progress=heard)
    assert heard.stages == ["load", "convert", "optimize", "verify", "publish", "pin"]
    assert converted.published.manifest.version == trained.published.manifest.version
    assert read_lock(folder / "model.lock") is not None


def test_a_fault_of_train_py_is_told_as_its_own(project: Project, store: Store, tmp_path: Path) -> None:
    folder = write_project(project)
    (folder / "train.py").write_text("import keras\nraise RuntimeError('no such network')\n")
    source = tmp_path / "saved.keras"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(source)
    with pytest.raises(TrainingError, match=r"train\.py:2: RuntimeError: no such network"):
        convert_model(project, "own", source, store=store)


def test_a_missing_file_is_named(project: Project, store: Store, tmp_path: Path) -> None:
    write_project(project)
    with pytest.raises(ConversionError, match=r"absent\.keras: does not exist"):
        convert_model(project, "own", tmp_path / "absent.keras", store=store)


@pytest.mark.parametrize("name", ["mixed.keras", "mixed"])
def test_mixed_precision_is_noted(project: Project, store: Store, tmp_path: Path, name: str) -> None:
    write_project(project)
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        dense = keras.layers.Dense
        model = keras.Sequential([keras.Input((4,), name="x"), dense(64), dense(2, dtype="float32")])
        (model.save if name.endswith(".keras") else partial(model.export, verbose=False))(tmp_path / name)
    finally:
        keras.mixed_precision.set_global_policy(policy)
    heard = Heard()
    result = convert_model(project, "own", tmp_path / name, store=store, progress=heard)
    assert any("mixed precision" in note and "float32" in note for note in heard.notes)
    assert result.parity.largest_difference is not None
    assert result.parity.largest_difference < 1e-5


def test_an_exported_folder_is_published(project: Project, store: Store, tmp_path: Path) -> None:
    write_project(project)
    model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(2, name="y")])
    model.export(tmp_path / "exported", verbose=False)
    convert_model(project, "own", tmp_path / "exported", store=store)
    lock = read_lock(project.folder("own") / "model.lock")
    assert lock is not None
    manifest, _ = store.read_manifest("own", lock.version)
    assert manifest.signature.outputs[0].name == "y"
    assert "tensorflow-cpu" in str(manifest.provenance)


def test_words_are_trained_converted_and_published(project: Project, store: Store) -> None:
    write_project(project)
    edit_model(project, "model.toml", 'FP32"\nshape = [-1, 4]', 'BYTES"\nshape = [-1, 1]', "own")
    (project.folder("own") / "train.py").write_text(WORDS)
    result = train_model(project, "own", store=store)
    assert result.parity.failures == ()
    assert np.isfinite(result.parity.largest_difference or 0)


WORDS = """
import keras, numpy as np
from pilotlight import Dataset

def load(run):
    words = np.random.default_rng(1).choice(np.array(["good film", "Bad, bad film!", "", "gut é"], object), (200, 1))
    y = np.zeros((200, 2), "float32")
    return Dataset(words, y, words, y, source="made", fingerprint="0" * 64)

def train(data, run):
    vector = keras.layers.TextVectorization(output_mode="count", max_tokens=9)
    vector.adapt(data.x_train)
    given = keras.Input((1,), dtype="string", name="x")
    return keras.Model(given, keras.layers.Dense(2, name="y")(vector(given)))
"""
