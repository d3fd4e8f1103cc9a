"""A version of two graphs and an asset: exported by train.py, gated and served with app.py's own code."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support.handler_calls import Called
from support.project import write_model
from support.workflow_calls import train_model

from pilotlight.cli.tables import manifest_panels
from pilotlight.core.errors import ConversionError, ParityError
from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.packaging import package_function
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.types import TrainResult
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch, LoadError, MissingArtifact
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.manifest import Manifest

MODEL_TOML = """
kind = "keras"
[training]
data = "drawn"
[[signature.inputs]]
name = "text"
datatype = "BYTES"
shape = [-1]
[[signature.outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 3]
[[signature.outputs]]
name = "longest"
datatype = "BYTES"
shape = [-1]
"""
TRAIN = """
import keras
import numpy as np
from pilotlight.core.artifacts import Dataset, Exported
from pilotlight_runtime import Vocabulary, padded, words

WIDTH = 8

def load(run):
    draw = np.random.default_rng(3)
    texts = np.array([" ".join(draw.choice(list("abcdefg"), size=draw.integers(1, 9))) for _ in range(200)])
    return Dataset(texts, np.zeros(200, int), texts, np.zeros(200, int), run.source, "drawn")

def train(data, run):
    vocabulary = Vocabulary(list("abcdef"))
    ids = keras.Input((None,), dtype="int64", name="ids")
    there = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")[..., None]
    found = keras.layers.Embedding(vocabulary.size, WIDTH, embeddings_initializer="normal")(ids)
    encoder = keras.Model(ids, {"mean": keras.ops.sum(found * there, 1) / keras.ops.sum(there, 1)})
    mean = keras.Input((WIDTH,), name="mean")
    head = keras.Model(mean, {"scores": keras.layers.Dense(3, activation="softmax")(mean)})

    def predict(inputs):
        texts = inputs["text"].tolist()
        scores = [head(encoder(padded([vocabulary.ids(words(text))]).numpy())["mean"])["scores"] for text in texts]
        longest = np.array([max(words(text), key=len) for text in texts], dtype=object)
        return {"scores": np.concatenate(scores), "longest": longest}

    best = np.argmax(predict({"text": data.x_test})["scores"], axis=1)
    data.y_test[:] = best
    return Exported({"encoder": encoder, "head": head}, predict, {"vocabulary.json": vocabulary.dump()})
"""
APP = """
from pilotlight_runtime import Vocabulary, model_handler, padded, read_texts, texts_tensor, words

def prepare(model):
    vocabulary = Vocabulary.load(model.asset("vocabulary.json"))
    encoder, head = model.sessions["encoder"], model.sessions["head"]

    def predict(inputs):
        cut = [words(text) for text in read_texts("text", inputs["text"], 100)]
        (mean,) = encoder.run({"ids": padded([vocabulary.ids(tokens) for tokens in cut])}, ["mean"])
        (scores,) = head.run({"mean": mean}, ["scores"])
        return {"scores": scores, "longest": texts_tensor(max(tokens, key=len) for tokens in cut)}

    return predict

handler = model_handler(__file__, prepare=prepare)
"""


@pytest.fixture(autouse=True)
def _pair(project: Project) -> None:
    """The project has a model, pair, of two graphs."""
    write_model(project, "pair", {"model.toml": MODEL_TOML, "train.py": TRAIN, "app.py": APP})


def train(project: Project) -> TrainResult:
    return train_model(project, "pair", store=Store(FolderBlobs(Path(project.store))))


def edit(project: Project, file: str, old: str, new: str) -> None:
    path = project.folder("pair") / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def packaged(project: Project, into: Path) -> Manifest:
    lock = project.lock("pair")
    store = Store(FolderBlobs(Path(project.store)))
    package_function("pair", project.folder("pair"), store, lock, into)
    assert lock is not None
    return store.manifest("pair", lock.version)[0]


def ask(folder: Path, *texts: str) -> dict[str, Any]:
    answer = load_function("pair", folder)({"inputs": [written(*texts)]}, "r")
    return {output["name"]: output["data"] for output in answer["outputs"]}


def written(*texts: str) -> dict[str, Any]:
    return {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}


def test_two_graphs_and_an_asset_are_one_version(project: Project, tmp_path: Path) -> None:
    result = train(project)
    assert (result.parity.failures, result.parity.samples, result.parity.onnx_metric) == ((), 200, 1.0)
    assert result.metrics == {"accuracy": 1.0}
    assert "start" not in result.seconds  # its gate has started it
    manifest = packaged(project, tmp_path / "function")
    assert [file.name for file in manifest.files] == ["encoder/model.onnx", "head/model.onnx", "vocabulary.json"]
    assert manifest.assets == ("vocabulary.json",)
    inner = {graph.name: graph.signature for graph in manifest.graphs}
    assert [(spec.name, spec.shape) for spec in inner["encoder"].inputs] == [("ids", (-1, -1))]
    assert [(spec.name, spec.shape) for spec in inner["head"].outputs] == [("scores", (-1, 3))]
    assert [(spec.name, spec.shape) for spec in manifest.signature.inputs] == [("text", (-1,))]
    assert train(project).published.new is False


def test_a_text_alone_and_in_a_padded_batch_has_the_same_answer(project: Project, tmp_path: Path) -> None:
    train(project)
    packaged(project, tmp_path / "function")
    together = ask(tmp_path / "function", "a", "a bc d e f g a b", "zz")
    assert together["longest"] == ["a", "bc", "zz"]
    scores = np.reshape(together["scores"], (3, 3))
    for row, text in zip(scores, ("a", "a bc d e f g a b", "zz"), strict=True):
        np.testing.assert_allclose(ask(tmp_path / "function", text)["scores"], row, rtol=1e-6)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("app.py", "[words(text) for", "[list(text) for", "output scores:"),
        ("app.py", "vocabulary.ids(tokens) for", "vocabulary.ids(tokens)[:2] for", "output scores:"),
        ("app.py", "key=len) for", "key=str) for", "output longest:"),
        ("app.py", '"scores": scores,', "", "predict gave no tensor for output 'scores'"),
        ("app.py", "vocabulary = Voc", "raise KeyError('x')\n    vocabulary = Voc", "app.py raised KeyError"),
        ("app.py", "cut = ", "raise KeyError('secret')\n        cut = ", "answers 500: the function failed"),
        ("app.py", ", 100)", ", 3)", "answers 400: input 'text': text"),
        ("app.py", '"vocabulary.json"', '"words.json"', "wants the asset 'words.json', but the version has vocab"),
        ("app.py", ", prepare=prepare", "", "the graphs (encoder, head) need prepare"),
        ("app.py", "prepare=prepare", "prepare=prepare, predict=prepare", "one of predict and prepare"),
        ("train.py", "(found * there, 1)", "(found, 1)", "output scores:"),
        ("train.py", "vocabulary.dump()", 'Vocabulary(list("fedcba")).dump()', "output scores:"),
        ("train.py", "vocabulary.dump()", 'b"{"', "vocabulary.json is not JSON"),
    ],
)
def test_whatever_makes_another_answer_is_refused(project: Project, file: str, old: str, new: str, said: str) -> None:
    edit(project, file, old, new)
    with pytest.raises(ParityError, match="nothing was published") as caught:
        train(project)
    assert said in str(caught.value)
    assert not Path(project.store).exists()
    assert project.lock("pair") is None


def test_the_cause_of_a_failure_is_told_to_who_trains(project: Project) -> None:
    """Whatever else is in the log."""
    edit(project, "app.py", "cut = ", "print('chatter'); raise KeyError('secret')\n        cut = ")
    with pytest.raises(ParityError, match=r"(?s)KeyError.*app\.py:10 in predict"):
        train(project)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"encoder": encoder', '"Encoder": encoder', "has the graph 'Encoder'"),
        ('"vocabulary.json"', '"../v.json"', "has the asset '../v.json'"),
        ('"vocabulary.json"', '"app.py"', "a name that a function's folder cannot hold"),
        ('"vocabulary.json"', '"json.py"', "a name that a function's folder cannot hold"),
        ('{"encoder": encoder, "head": head}', "{}", "exports no graph"),
        ('"head": head', '"head": encoder.predict', "belongs to no framework that can be converted"),
    ],
)
def test_what_cannot_be_exported_is_said(project: Project, old: str, new: str, said: str) -> None:
    edit(project, "train.py", old, new)
    with pytest.raises(ConversionError) as caught:
        train(project)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["vocabulary.json", "head/model.onnx"])
def test_a_file_that_is_not_the_published_one_ends_the_start(project: Project, tmp_path: Path, name: str) -> None:
    train(project)
    packaged(project, tmp_path / "function")
    path = tmp_path / "function" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ChecksumMismatch, match=name):
        model_handler(str(tmp_path / "function" / "app.py"))
    path.unlink()
    with pytest.raises(MissingArtifact, match=name):
        model_handler(str(tmp_path / "function" / "app.py"))


def test_a_manifest_that_hides_a_graph_ends_the_start(project: Project, tmp_path: Path) -> None:
    train(project)
    packaged(project, tmp_path / "function")
    path = tmp_path / "function" / "manifest.json"
    document = json.loads(path.read_bytes())
    del document["graphs"][0]
    path.write_text(json.dumps(document))
    with pytest.raises(LoadError, match="but its content is"):
        model_handler(str(tmp_path / "function" / "app.py"))


def test_large_graphs_are_optimised_each_in_its_folder(project: Project, tmp_path: Path) -> None:
    edit(project, "train.py", "WIDTH = 8", "WIDTH = 40_000")
    result = train(project)
    assert result.parity.failures == ()
    manifest = packaged(project, tmp_path / "function")
    loading = {graph.name: graph.loading for graph in manifest.graphs}
    assert all(each is not None for each in loading.values())
    names = {file.name for file in manifest.files}
    assert {"encoder/model.onnx", "encoder/optimized.onnx", "encoder/weights.bin"} <= names
    assert len(ask(tmp_path / "function", "a b", "c")["scores"]) == 6
    elsewhere = load_model(tmp_path / "function", open_session, 1, lambda: "elsewhere")
    assert "encoder: optimized.onnx was made for" in elsewhere.fallback
    weights = tmp_path / "function" / "encoder" / "weights.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(ChecksumMismatch, match=r"encoder/weights\.bin"):
        model_handler(str(tmp_path / "function" / "app.py"))


def test_an_empty_text_is_refused_and_no_warning_at_the_start(project: Project, tmp_path: Path) -> None:
    train(project)
    packaged(project, tmp_path / "function")
    names: dict[str, Any] = {}
    exec(compile(APP.rpartition("handler = ")[0], "app.py", "exec"), names)  # noqa: S102  (the prepare of APP)
    called = Called(tmp_path / "function", prepare=names["prepare"])
    assert called.lines == []
    answer = called.post("/v2/models/pair/infer", {"inputs": [written("fine", "")]})
    assert (answer.status, answer.head["error"]) == (400, "input 'text': text 1 is empty")
    assert called.post("/v1/models/pair:predict", {"instances": ["a", "b b"]}).head["predictions"][1]["longest"] == "b"


def test_show_tells_the_graphs_signatures_apart(project: Project) -> None:
    said = io.StringIO()
    console = Console(width=100, file=said)
    for panel in manifest_panels(train(project).published.manifest):
        console.print(panel)
    text = said.getvalue()
    assert re.search(r"input +text +BYTES", text)
    assert re.search(r"encoder input +ids +INT64 +\?x\?", text)
    assert re.search(r"head output +scores +FP32 +\?x3", text)


def test_each_graph_is_quantised_and_the_whole_is_gated(project: Project, tmp_path: Path) -> None:
    edit(project, "train.py", "WIDTH = 8", "WIDTH = 512")
    plain = train(project)
    edit(project, "model.toml", "[training]", '[quantization]\nmode = "dynamic"\n[training]')
    result = train(project)
    found = result.quantization
    assert found is not None
    graphs = ("encoder/model.onnx", "head/model.onnx")
    assert found.bytes_before == sum(plain.sizes[name] for name in graphs)
    assert found.bytes_after == sum(result.sizes[name] for name in graphs)
    assert all(result.sizes[name] < 0.7 * plain.sizes[name] for name in graphs)
    assert (found.metric_before, found.samples) == (1.0, 200)
    assert 1e-6 < (found.largest_difference or 0) < 0.05
    assert (found.run_ms_before or 0) > 0
    manifest = packaged(project, tmp_path / "function")
    assert manifest.provenance["quantization"]["mode"] == "dynamic"
    assert ask(tmp_path / "function", "a b")["longest"] == ["a"]
    edit(project, "model.toml", 'mode = "dynamic"', 'mode = "dynamic"\nrtol = 0.0\natol = 1e-6')
    with pytest.raises(ParityError, match="quantised: output scores"):
        train(project)


def test_graphs_behind_code_have_no_samples_for_static_quantisation(project: Project) -> None:
    edit(project, "model.toml", "[training]", '[quantization]\nmode = "static"\n[training]')
    with pytest.raises(ConversionError, match="nothing calibrates them"):
        train(project)
    assert not Path(project.store).exists()
