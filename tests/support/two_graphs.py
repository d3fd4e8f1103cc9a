"""A model of two graphs and an asset: train.py exports them, app.py computes with both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.packaging import package_function
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.types import TrainResult
from pilotlight_runtime.manifest import Manifest
from support.project import write_model
from support.workflow_calls import train_model

MODEL_TOML = """
kind = "onnx"
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
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser
from pilotlight.core.artifacts import Dataset, Exported
from pilotlight_runtime import Vocabulary, words

WIDTH = 8
HEAD = '<ir_version: 9, opset_import: ["" : 18]>'
ENCODER = '''
encoder (int64[n, length] ids) => (float[n, WIDTH] mean) {
    zero = Constant <value_int = 0> ()
    last = Constant <value_ints = [-1]> ()
    words = Constant <value_ints = [1]> ()
    padding = Equal(ids, zero)
    is_word = Not(padding)
    flags = Cast <to = 1> (is_word)
    there = Unsqueeze(flags, last)
    found = Gather(table, ids)
    counted = Mul(found, there)
    sum = ReduceSum <keepdims = 0> (counted, words)
    count = ReduceSum <keepdims = 0> (there, words)
    mean = Div(sum, count)
}
'''
CLASSIFIER = '''
head (float[n, WIDTH] mean) => (float[n, 3] scores) {
    logits = MatMul(mean, kernel)
    scores = Softmax(logits)
}
'''

def load(run):
    draw = np.random.default_rng(3)
    texts = np.array([" ".join(draw.choice(list("abcdefg"), size=draw.integers(1, 9))) for _ in range(200)])
    return Dataset(texts, np.zeros(200, int), texts, np.zeros(200, int), run.source, "drawn")

def saved(name, text, **weights):
    model = parser.parse_model(HEAD + text.replace("WIDTH", str(WIDTH)))
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    path = Path(__file__).with_name(name + ".onnx")
    onnx.save(model, path)
    return path

def train(data, run):
    vocabulary = Vocabulary(list("abcdef"))
    draw = np.random.default_rng(run.seed)
    table = draw.normal(0, 0.05, (vocabulary.size, WIDTH)).astype(np.float32)
    kernel = draw.normal(0, 0.5, (WIDTH, 3)).astype(np.float32)
    encoder = saved("encoder", ENCODER, table=table)
    head = saved("head", CLASSIFIER, kernel=kernel)

    def predict(inputs):
        texts = inputs["text"].tolist()
        means = np.stack([table[vocabulary.ids(words(text))].mean(axis=0) for text in texts])
        powers = np.exp(means @ kernel)
        longest = np.array([max(words(text), key=len) for text in texts], dtype=object)
        return {"scores": powers / powers.sum(axis=1, keepdims=True), "longest": longest}

    data.y_test[:] = np.argmax(predict({"text": data.x_test})["scores"], axis=1)
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


def write_pair(project: Project) -> None:
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
    lock = project.read_lock("pair")
    store = Store(FolderBlobs(Path(project.store)))
    package_function("pair", project.folder("pair"), store, lock, into)
    assert lock is not None
    return store.read_manifest("pair", lock.version)[0]


def ask(folder: Path, *texts: str) -> dict[str, Any]:
    answer = load_function("pair", folder)({"inputs": [written(*texts)]}, "r")
    return {output["name"]: output["data"] for output in answer["outputs"]}


def written(*texts: str) -> dict[str, Any]:
    return {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}
