"""A tiny Keras network, all the way into a store in a folder."""

from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from support.progress import Heard
from support.project import edit_model, write_features, write_model
from support.workflow_calls import convert_model, train_model

from pilotlight.core.errors import ConversionError, ParityError
from pilotlight.core.lock import read_lock
from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor

MODEL_TOML = """
kind = "keras"
[training]
data = "data.npz"
epochs = 2
batch_size = 32
learning_rate = 0.02
[[signature.inputs]]
name = "features"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 3]
"""


TRAIN = """
import keras
from pilotlight.core.artifacts import Dataset
from pilotlight import fingerprint, keras_progress, load_arrays

def load(run):
    raw = load_arrays(run)
    return Dataset(*raw, run.source, fingerprint(raw))

def train(data, run):
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((4,)), dense(8, activation="relu"), dense(3, activation="softmax")])
    model.compile(keras.optimizers.Adam(run.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.x_train, data.y_train, batch_size=run.batch_size, epochs=run.epochs, verbose=0,
              callbacks=[keras_progress(run.progress)])
    return model
"""


@pytest.fixture(autouse=True)
def _network(project: Project) -> None:
    """The project has a model, tiny, and its data."""
    folder = write_model(project, "tiny", {"model.toml": MODEL_TOML, "train.py": TRAIN})
    write_features(folder / "data.npz")


def clock() -> datetime:
    return datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=2)))


def test_training_ends_in_a_pinned_version(project: Project, store: Store) -> None:
    heard = Heard()
    result = train_model(project, "tiny", store=store, progress=heard, clock=clock)
    assert heard.stages == ["train", "convert", "optimize", "verify", "publish", "pin"]
    assert list(result.seconds) == heard.stages
    told = ["epoch 1 of 2", "epoch 2 of 2", "No checkpoints"]
    assert [note.split(":")[0] for note in heard.notes[1:]] == told
    assert all(0 < done <= total for done, total in heard.steps)
    lock = read_lock(project.folder("tiny") / "model.lock")
    assert lock is not None
    manifest, digest = store.read_manifest("tiny", lock.version)
    assert (lock.version, lock.manifest_sha256) == (result.version, digest)
    assert result.parity.samples == 200
    assert result.parity.failures == ()
    assert result.parity.note == ""
    assert result.parity.source_metric == result.parity.onnx_metric == pytest.approx(result.metrics["accuracy"])
    assert result.sizes == {file.name: file.size for file in manifest.files}
    assert manifest.provenance["created"] == "2026-03-04T03:06:07Z"
    assert manifest.provenance["opset"] == 18
    assert manifest.provenance["training"]["steps_an_epoch"] == 10
    assert len(manifest.provenance["data"]["fingerprint"]) == 64
    curve = manifest.provenance["curve"]
    assert (curve["axis"], curve["at"], set(curve["series"])) == ("epoch", [1.0, 2.0], {"accuracy", "loss"})
    assert {"tf2onnx", "keras", "onnxruntime", "pilotlight"} <= set(manifest.provenance["tools"])
    assert manifest.parity["atol"] == 1e-5
    assert manifest.parity["largest_difference"] < 1e-5


def test_the_same_training_gives_the_same_version(project: Project, store: Store) -> None:
    first = train_model(project, "tiny", store=store)
    second = train_model(project, "tiny", store=store)
    other = train_model(project, "tiny", store=store, options={"seed": 21, "epochs": 1})
    assert (first.version, first.published.new) == (second.version, True)
    assert not second.published.new
    assert other.version != first.version
    assert project.read_locks()["tiny"].version == other.version


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "scores"\ndatatype = "FP32"', 'name = "scores"\ndatatype = "FP64"', "scores is FP32"),
        ("shape = [-1, 3]", "shape = [-1, 4]", r"scores is FP32 \[-1, 3\] in the graph and FP32 \[-1, 4\]"),
        ("shape = [-1, 4]", "shape = [-1, 5]", "cannot be converted"),
    ],
)
def test_a_signature_that_the_network_does_not_have_is_refused(
    project: Project, store: Store, before: str, after: str, message: str
) -> None:
    edit_model(project, "model.toml", before, after)
    with pytest.raises(ConversionError, match=message):
        train_model(project, "tiny", store=store)
    assert not list(Path(project.store).rglob("*"))


@pytest.mark.parametrize("way", ["train", "convert"])
def test_names_of_classes_are_an_output_that_the_gate_has_seen(
    project: Project, store: Store, tmp_path: Path, way: str
) -> None:
    edit_model(project, "model.toml", "[training]", '[labels]\nnames = ["low", "middle", "high"]\n[training]')
    if way == "train":
        result = train_model(project, "tiny", store=store)
    else:
        inputs = keras.Input((4,), name="features")
        keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs)).save(tmp_path / "saved.keras")
        result = convert_model(project, "tiny", tmp_path / "saved.keras", store=store)
    outputs = result.published.manifest.signature.outputs
    assert [(spec.name, spec.datatype.name, spec.shape) for spec in outputs] == [
        ("scores", "FP32", (-1, 3)),
        ("label", "BYTES", (-1,)),
    ]
    assert result.parity.samples == 200
    session = open_session(Path(project.store) / "tiny" / result.version / "model.onnx", 1)
    x = np.zeros((2, 4), np.float32)
    scores, label = session.run({"features": Tensor.from_numpy(x, FP32)}, ["scores", "label"])
    names = [b"low", b"middle", b"high"]
    assert list(label.elements) == [names[place] for place in scores.numpy().argmax(axis=1)]


def test_a_saved_model_is_converted_and_judged(project: Project, store: Store, tmp_path: Path) -> None:
    inputs = keras.Input((4,), name="features")
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="scores")(inputs))
    model.save(tmp_path / "saved.keras")
    result = convert_model(project, "tiny", tmp_path / "saved.keras", store=store)
    assert result.version == project.read_locks()["tiny"].version
    assert result.parity.samples == 200
    assert 0 <= result.metrics["accuracy"] <= 1
    assert result.published.manifest.provenance["source"] == "saved.keras"


@pytest.mark.parametrize("way", ["train", "convert"])
def test_labels_that_the_metric_cannot_judge_are_refused(
    project: Project, store: Store, tmp_path: Path, way: str
) -> None:
    settings = project.folder("tiny") / "model.toml"
    settings.write_text(settings.read_text().replace("[training]\n", '[training]\nmetric = "accuracy"\n'))
    assert 'metric = "accuracy"' in settings.read_text()
    path = project.folder("tiny") / "data.npz"
    with np.load(path) as arrays:
        np.savez(path, **{name: array[:, None] * [1, 1] if name[0] == "y" else array for name, array in arrays.items()})
    inputs = keras.Input((4,), name="features")
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs))
    model.save(tmp_path / "saved.keras")
    (project.folder("tiny") / "train.py").write_text(
        TRAIN[: TRAIN.index("def train")] + "def train(data, run):\n"
        f"    return keras.saving.load_model({str(tmp_path / 'saved.keras')!r}, compile=False)\n"
    )
    ways = {
        "train": partial(train_model, project, "tiny"),
        "convert": partial(convert_model, project, "tiny", tmp_path / "saved.keras"),
    }
    with pytest.raises(ParityError, match=r"accuracy needs scores of shape .* int64 labels of \[200, 2\]"):
        ways[way](store=store)


def test_a_saved_model_that_cannot_be_read(project: Project, store: Store, tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_bytes(b"no zip file")
    with pytest.raises(ConversionError, match=r"cannot be read as a \.keras file"):
        convert_model(project, "tiny", tmp_path / "broken.keras", store=store)
    with pytest.raises(ConversionError, match="known are Keras, TensorFlow SavedModel, LightGBM/XGBoost/CatBoost, sc"):
        convert_model(project, "tiny", tmp_path / "model.skops", store=store)
