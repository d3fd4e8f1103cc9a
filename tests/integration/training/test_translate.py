"""The translate model, trained small on a folder of aligned files: gate, packaged function and bad input."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from num2words import num2words
from support.streaming_function import read_events
from support.text_project import FUNCTIONS

from pilotlight import Run
from pilotlight.conversion import convert_exported
from pilotlight.core.artifacts import Candidate, Dataset, Exported, NamedArrays, Reference
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.project import Project
from pilotlight.core.reports import ParityReport
from pilotlight.local.functions import Function, load_function
from pilotlight.optimization import optimize
from pilotlight.packaging import package_function
from pilotlight.store import FolderBlobs, Store
from pilotlight.training import fit
from pilotlight.verification.function import verify_function
from pilotlight.workflows.packaged_function import start_candidate
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.manifest import Manifest

NAME = "translate"
HELD_OUT = 40
EPOCHS = 12
TEXTS = (
    "one",
    "Seven hundred  and THIRTY-SEVEN",
    "two hundred and forty-six",
    "six six hundred and six hundred and six hundred and six",
    "-",
    "eleven",
)


class Trained(NamedTuple):
    """What was fitted, converted and not gated yet."""

    project: Project
    config: ModelConfig
    exported: Exported
    dataset: Dataset
    candidate: Candidate
    metrics: dict[str, float]

    def gate(self) -> ParityReport:
        held_out = self.dataset.x_test[:HELD_OUT]
        reference = Reference(self.exported.predict, {"text": held_out}, self.dataset.y_test)
        start = partial(start_candidate, self.project, self.config)
        metric = self.config.training.metric
        return verify_function(start, self.candidate, reference, self.config.parity, metric)


class Packaged(NamedTuple):
    folder: Path
    manifest: Manifest
    function: Function

    def ask(self, texts: Sequence[str | bytes]) -> tuple[int, Any]:
        """The status and the outputs by name, or the error, for texts sent as a binary tensor: any bytes may go."""
        elements = [text.encode() if isinstance(text, str) else text for text in texts]
        blob = b"".join(len(element).to_bytes(4, "little") + element for element in elements)
        parameters = {"binary_data_size": len(blob)}
        tensor = {"name": "text", "datatype": "BYTES", "shape": [len(elements)], "parameters": parameters}
        head = json.dumps({"inputs": [tensor]}).encode()
        event = {
            "httpMethod": "POST",
            "path": f"/v2/models/{NAME}/infer",
            "headers": {"Inference-Header-Content-Length": str(len(head))},
            "body": base64.b64encode(head + blob).decode(),
            "isBase64Encoded": True,
        }
        answer = self.function(event, "test")
        document = json.loads(answer["body"])
        if answer["statusCode"] != 200:
            return answer["statusCode"], document["error"]
        return 200, {output["name"]: output["data"] for output in document["outputs"]}


def trained(root: Path) -> Trained:
    """The model fitted on 600 numbers below 1000, as sentences are: with beams.

    Its subwords are short and its limit is low, so that some translations reach it.
    """
    draw = np.random.default_rng(5).permutation(1000).tolist()
    for part, numbers in (("train", draw[:600]), ("test", draw[600 : 600 + HELD_OUT])):
        for language in ("en", "de"):
            lines = "\n".join(num2words(number, lang=language) for number in numbers)
            (root / f"{part}.{language}").write_text(lines, encoding="utf-8")
    folder = root / "functions" / NAME
    shutil.copytree(FUNCTIONS / NAME, folder, ignore=shutil.ignore_patterns("model.lock", "__pycache__"))
    edit(folder / "train.py", "merges=2000", "merges=40")
    edit(folder / "train.py", "2 * max(len(ids) for _, ids in pairs)", "8")
    project = Project(root, "")
    config = project.read_config(NAME)
    run = Run(str(root), EPOCHS, 32, config.training.learning_rate, config.training.seed)
    fitted = fit(folder, config, run)
    candidate = convert_exported(fitted.model, config, root / "converted")
    optimised = optimize(candidate, root / "optimized", open_session)
    return Trained(project, config, fitted.model, fitted.dataset, optimised, dict(fitted.metrics))


def packaged(model: Trained, root: Path) -> Packaged:
    store = Store(FolderBlobs(root / "store"))
    published = store.publish(NAME, model.candidate, image=None, metrics={}, parity={}, provenance={})
    lock = Lock(published.manifest.version, published.manifest_sha256)
    package_function(NAME, model.project.folder(NAME), store, lock, root / "packaged")
    return Packaged(root / "packaged", published.manifest, load_function(NAME, root / "packaged"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def near(expected: dict[str, Any]) -> dict[str, Any]:
    """What compares equal to `expected` up to the rounding of scores."""
    return {**expected, "score": pytest.approx(expected["score"], rel=1e-4, abs=1e-5)}


def answers(named: NamedArrays) -> dict[str, Any]:
    return {name: array.tolist() for name, array in named.items()}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("translate"))


@pytest.fixture(scope="module")
def function(model: Trained, tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    return packaged(model, tmp_path_factory.mktemp("function"))


def test_it_learns_and_the_gate_passes_it(model: Trained) -> None:
    assert model.metrics["exact_match"] > 0.2
    assert model.metrics.keys() == {"exact_match", "bleu"}
    report = model.gate()
    assert (report.failures, report.samples) == ((), HELD_OUT)
    assert report.source_metric == report.onnx_metric == model.metrics["exact_match"]


def test_the_version_is_two_graphs_behind_texts(function: Packaged) -> None:
    manifest = function.manifest
    assert manifest.assets == ("limits.json", "source.json", "target.json")
    outputs = [(spec.name, spec.datatype.name, spec.shape) for spec in manifest.signature.outputs]
    assert outputs == [
        ("translation", "BYTES", (-1,)),
        ("score", "FP32", (-1,)),
        ("complete", "BOOL", (-1,)),
    ]
    inner = {graph.name: graph.signature for graph in manifest.graphs}
    assert {spec.name: spec.shape for spec in inner["encoder"].outputs} == {
        "memory": (-1, 4, 4, -1, 32),
        "bias": (-1, -1),
    }
    assert {spec.name: spec.shape for spec in inner["decoder"].inputs} == {
        **dict.fromkeys(("token", "parent", "source"), (-1,)),
        **dict.fromkeys(("cache", "memory"), (-1, 4, 4, -1, 32)),
        "bias": (-1, -1),
    }


def test_the_function_writes_what_keras_writes_without_a_cache(model: Trained, function: Packaged) -> None:
    texts = [*TEXTS, *model.dataset.x_test.tolist()]
    expected = answers(model.exported.predict({"text": np.array(texts)}))
    status, found = function.ask(texts)
    assert (status, found) == (200, near(expected))
    assert len(set(expected["translation"])) > HELD_OUT // 2
    assert set(expected["complete"]) == {True, False}


def test_a_text_alone_has_the_answer_that_it_has_in_a_batch(function: Packaged) -> None:
    _, together = function.ask(TEXTS)
    for index, text in enumerate(TEXTS):
        expected = {name: values[index : index + 1] for name, values in together.items()}
        assert function.ask([text]) == (200, near(expected))
    assert function.ask([]) == (200, {"translation": [], "score": [], "complete": []})


def test_a_stream_is_the_translation_in_parts(function: Packaged) -> None:
    several = 0
    for text in TEXTS:
        _, whole = function.ask([text])
        event = {"httpMethod": "POST", "path": f"/v2/models/{NAME}/generate_stream", "body": json.dumps({"text": text})}
        answer = function.function(event, "test")
        assert answer["statusCode"] == 200
        *events, last = read_events(answer["body"].encode())
        parts = [each["translation"] for each in (*events, last)]
        assert ["".join(parts)] == whole["translation"]
        assert near({"score": whole["score"]}) == {"score": [last["score"]]}
        assert [last["complete"]] == whole["complete"]
        assert all(each.keys() == {"model_name", "model_version", "translation"} for each in events)
        several += len(parts) > 2
    assert several


def test_a_stream_takes_one_text(function: Packaged) -> None:
    body = json.dumps({"text": ["one", "two"]})
    answer = function.function({"path": f"/v2/models/{NAME}/generate_stream", "body": body}, "test")
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]) == {"error": "input 'text': a stream translates one text, got 2"}


def test_it_imports_what_writing_texts_needs_and_no_numpy(function: Packaged) -> None:
    event = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["eleven"]}]}
    code = f"""
import sys
sys.path.insert(0, sys.argv[1])
from app import handler
assert handler({event}, None)["outputs"]
print(*sorted(name for name in sys.modules if not name.startswith("_")))
"""
    command = [sys.executable, "-c", code, str(function.folder)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    modules = set(ran.stdout.splitlines()[-1].split())
    assert {f"pilotlight_runtime.{name}" for name in ("text.tokens", "text.subwords", "text.generation")} <= modules
    assert not modules & {"numpy", "onnxruntime", "pilotlight", "keras", "pilotlight_runtime.text.classifier"}


def test_many_texts_are_answered_in_batches(function: Packaged) -> None:
    texts = ["two hundred and forty-six", "eleven"] * 200  # more subwords than one batch takes
    status, answer = function.ask(texts)
    assert status == 200
    assert answer["translation"] == answer["translation"][:2] * 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "input 'text': text 1 is empty"),
        (" \n", "input 'text': text 1 is empty"),
        ("a" * 100_000, "input 'text': text 1 has 100000 characters; the most is 62"),
        (b"caf\xe9", "input 'text': text 1 is not UTF-8: byte 3 is wrong"),
        ("▁", "input 'text': text 1 has '▁', which no text has that the model learned from"),
        ("ten €", "input 'text': text 1 has '€', which no text has that the model learned from"),
    ],
)
def test_texts_that_cannot_be_translated_are_told_so(function: Packaged, text: str | bytes, message: str) -> None:
    assert function.ask(["one", text]) == (400, message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('limits["longest"]', "7"),
        ("each.complete for", "True for"),
        ('("source.json", "target.json")', '("target.json", "source.json")'),
        ("[self._source.ids(text) for", "[self._source.ids(text)[1:] for"),
        (
            "        return CachedDecoder(",
            "        tensors = [tensors[0], zeros(tensors[1])]\n        return CachedDecoder(",
        ),
    ],
)
def test_an_app_that_generates_otherwise_is_refused(model: Trained, tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(model.project.functions, tmp_path / "functions")
    app = tmp_path / "functions" / NAME / "app.py"
    edit(app, old, new)
    zeros = (
        "def zeros(given):\n    return Tensor(given.datatype, given.shape, memoryview(bytes(len(given.buffer))))\n\n\n"
    )
    edit(app, "def prepare(", f"{zeros}def prepare(")
    report = replace_project(model, tmp_path).gate()
    assert any("output " in failure or "answers" in failure for failure in report.failures), report


def replace_project(model: Trained, root: Path) -> Trained:
    return model._replace(project=replace(model.project, root=root))


@pytest.mark.parametrize("name", ["encoder/model.onnx", "decoder/model.onnx", "target.json", "limits.json"])
def test_a_file_that_is_not_the_published_one_ends_the_start(function: Packaged, tmp_path: Path, name: str) -> None:
    shutil.copytree(function.folder, tmp_path / "function")
    path = tmp_path / "function" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ChecksumMismatch, match=name):
        model_handler(str(tmp_path / "function" / "app.py"))
