"""A version of two graphs and an asset, packaged: how it starts and answers."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support.handler_calls import Called
from support.two_graphs import APP, ask, edit, packaged, train, write_pair, written

from pilotlight.cli.tables import manifest_panels
from pilotlight.core.project import Project
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch, LoadError, MissingArtifact
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.loading import load_model


@pytest.fixture(autouse=True)
def _pair(project: Project) -> None:
    write_pair(project)


def test_a_text_alone_and_in_a_padded_batch_has_the_same_answer(project: Project, tmp_path: Path) -> None:
    train(project)
    packaged(project, tmp_path / "function")
    together = ask(tmp_path / "function", "a", "a bc d e f g a b", "zz")
    assert together["longest"] == ["a", "bc", "zz"]
    scores = np.reshape(together["scores"], (3, 3))
    for row, text in zip(scores, ("a", "a bc d e f g a b", "zz"), strict=True):
        np.testing.assert_allclose(ask(tmp_path / "function", text)["scores"], row, rtol=1e-6)


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
