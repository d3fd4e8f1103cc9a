"""Models of several inputs and outputs, from the data to an answer by the packaged function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.project import Desk, new_project

from pilotlight.core.artifacts import Array

TOML = """
kind = "keras"
[[signature.inputs]]
name = "image"
datatype = "FP32"
shape = [-1, 8]
[[signature.inputs]]
name = "meta"
datatype = "FP32"
shape = [-1, 3]
[[signature.outputs]]
name = "size"
datatype = "FP32"
shape = [-1, 2]
[[signature.outputs]]
name = "risk"
datatype = "FP32"
shape = [-1, 3]
[training]
data = "data"
epochs = 8
batch_size = 32
learning_rate = 0.02
[quantization]
mode = "MODE"
[[labels]]
scores = "risk"
names = ["low", "middle", "high"]
[[labels]]
scores = "size"
names = ["small", "large"]
"""
TRAIN = """
import keras
from keras import layers
from pilotlight import Dataset, array_batches, fingerprint, fit_model, load_arrays

def load(run):
    raw = load_arrays(run)
    return Dataset(*raw, run.source, fingerprint(raw))

def train(data, run):
    image, meta = keras.Input((8,), name="image"), keras.Input((3,), name="meta")
    states = layers.Dense(16, activation="relu")(layers.Concatenate()([image, meta]))
    outputs = {
        "size": layers.Dense(2, activation="softmax", name="size")(states),
        "risk": layers.Dense(3, activation="softmax", name="risk")(states),
    }
    model = keras.Model([meta, image], outputs)
    loss = dict.fromkeys(outputs, "sparse_categorical_crossentropy")
    model.compile(keras.optimizers.Adam(run.learning_rate), loss, metrics={"risk": ["accuracy"]})
    batches = array_batches(data.x_train, data.y_train, run.batch_size, run.seed)
    return fit_model(model, batches, run, validation=(data.x_test, data.y_test))
"""


def samples(count: int) -> dict[str, Array]:
    """Inputs in float64, and targets that follow from them."""
    draw = np.random.default_rng(3)
    image, meta = draw.normal(size=(count, 8)), draw.normal(size=(count, 3))
    return {"x.image": image, "x.meta": meta, "y.size": (image[:, 0] > 0).astype(int), "y.risk": meta.argmax(axis=1)}


def split(arrays: dict[str, Array], held_out: int) -> dict[str, Array]:
    """The arrays by the names of a data source, such as x_train.image."""
    parts = {"train": slice(0, -held_out), "test": slice(-held_out, None)}
    return {
        f"{name[0]}_{part}{name[1:]}": array[places] for part, places in parts.items() for name, array in arrays.items()
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with a model `two`, whose data is a folder of .npy files and, with the same content, an .npz file."""
    desk = new_project(tmp_path_factory.mktemp("project"))
    assert desk("new", "two", "--kind", "keras-image").code == 0
    folder = desk.root / "functions" / "two"
    (folder / "train.py").write_text(TRAIN)
    (folder / "data").mkdir()
    arrays = split(samples(700), 200)
    for name, array in arrays.items():
        np.save(folder / "data" / f"{name}.npy", array)
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]
    return desk


def train(desk: Desk, mode: str, *options: str) -> dict[str, Any]:
    (desk.root / "functions" / "two" / "model.toml").write_text(TOML.replace("MODE", mode))
    ran = desk("train", "two", "--json", *options)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = ran.json
    return found


def ask(desk: Desk, name: str, inputs: dict[str, Array]) -> dict[str, list[Any]]:
    np.savez(desk.root / "inputs.npz", **inputs)  # type: ignore[arg-type]
    ran = desk("invoke", name, "--npz", "inputs.npz", "--raw")
    assert ran.code == 0, ran.err
    return {output["name"]: output["data"] for output in json.loads(ran.out)["outputs"]}


def test_two_inputs_and_two_outputs_are_trained_and_answered_under_their_names(desk: Desk) -> None:
    trained = train(desk, "none")
    assert trained["metrics"]["accuracy"] > 0.8  # of size, the first output
    assert trained["metrics"]["risk_accuracy"] > 0.8
    assert trained["parity"]["samples"] == 200
    assert trained["parity"]["largest_difference"] < 1e-5
    arrays = samples(700)
    inputs = {name: arrays[f"x.{name}"][-5:].astype(np.float32) for name in ("image", "meta")}
    answer = ask(desk, "two", inputs)
    assert list(answer) == ["size", "risk", "risk_label", "size_label"]
    for name, names in (("size", ["small", "large"]), ("risk", ["low", "middle", "high"])):
        best = np.reshape(answer[name], (5, -1)).argmax(axis=1)
        assert answer[f"{name}_label"] == [names[place] for place in best]
    alone = ask(desk, "two", {name: array[:1] for name, array in inputs.items()})
    assert alone["size_label"] == answer["size_label"][:1]


def test_an_npz_file_with_the_same_arrays_gives_the_same_version(desk: Desk) -> None:
    mapped, packed = (train(desk, "none", "--data", data) for data in ("functions/two/data", "functions/two/data.npz"))
    assert packed["version"] == mapped["version"]


@pytest.mark.parametrize("mode", ["static", "dynamic"])
def test_two_inputs_are_quantized(desk: Desk, mode: str) -> None:
    trained = train(desk, mode)
    assert trained["quantization"]["mode"] == mode
    assert trained["quantization"]["samples"] == 200
    assert trained["metrics"]["accuracy"] > 0.8


def test_an_input_of_another_name_is_refused_before_the_fit(desk: Desk) -> None:
    toml = desk.root / "functions" / "two" / "model.toml"
    toml.write_text(TOML.replace("MODE", "none").replace('"meta"', '"facts"'))
    ran = desk("train", "two")
    assert ran.code == 1
    assert "load returned x_train, which lacks facts and has meta, which [signature] in model.toml does" in ran.err
    assert "epoch" not in ran.err


MIXED_TOML = """
kind = "onnx"
[[signature.inputs]]
name = "word"
datatype = "BYTES"
shape = [-1, 1]
[[signature.inputs]]
name = "count"
datatype = "INT64"
shape = [-1]
[[signature.outputs]]
name = "shout"
datatype = "BYTES"
shape = [-1, 1]
[[signature.outputs]]
name = "double"
datatype = "INT64"
shape = [-1]
[training]
data = "made"
metric = ""
"""
MIXED_TRAIN = """
from pathlib import Path
import numpy as np
import onnx
from onnx import parser
from pilotlight import Dataset

GRAPH = '''<ir_version: 9, opset_import: ["" : 18, "ai.onnx.ml": 3]>
mixed (string[n, 1] word, int64[n] count) => (string[n, 1] shout, int64[n] double) {
    shout = Identity(word)
    double = Add(count, count)
}'''

def load(run):
    x = {"word": np.array(["eins", "zwei", "drei", "für"] * 50), "count": np.arange(200, dtype=np.COUNT)}
    return Dataset(x, None, x, None, source=run.source, fingerprint="0" * 64)

def train(data, run):
    path = Path(__file__).with_name("mixed.onnx")
    onnx.save(parser.parse_model(GRAPH), path)
    return path
"""


@pytest.mark.parametrize("count", ["int64", "int32", "uint8", "float64"])
def test_words_and_whole_numbers_are_inputs_of_one_model(tmp_path: Path, count: str) -> None:
    desk = new_project(tmp_path)
    assert desk("new", "mixed", "--kind", "keras-image").code == 0
    folder = desk.root / "functions" / "mixed"
    (folder / "model.toml").write_text(MIXED_TOML)
    (folder / "train.py").write_text(MIXED_TRAIN.replace("COUNT", count))
    ran = desk("train", "mixed", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["parity"]["samples"] == 200
    answer = ask(desk, "mixed", {"word": np.array([["für"], [""]]), "count": np.array([7, 1 << 40])})
    assert answer == {"shout": ["für", ""], "double": [14, 1 << 41]}
