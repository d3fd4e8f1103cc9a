"""Which file of a version is opened, how its weights are checked meanwhile, and a handler with an engine of its own."""

from pathlib import Path
from typing import Any

import pytest
from support.onnx_models import package_identity

from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.graph_loading import WeightChecks, choose_graph
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.integrity import checked_manifest, read_manifest, weight_files
from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME, ArtifactFile, Loading, Manifest

EVENT = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}]}


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return package_identity(tmp_path, "FP32", (1,))


def loading(host: str) -> Loading:
    return Loading("optimized.onnx", host, "faster", {})


def test_a_plain_version_has_one_graph(manifest: Manifest) -> None:
    assert choose_graph(manifest, lambda: "here") == (MODEL_NAME, "")
    assert choose_graph(manifest._replace(loading=loading("")), lambda: "here") == (MODEL_NAME, "")


def test_an_optimised_graph_is_opened_where_it_was_made(manifest: Manifest) -> None:
    optimised = manifest._replace(loading=loading("here"))
    assert choose_graph(optimised, lambda: "here") == ("optimized.onnx", "")
    name, reason = choose_graph(optimised, lambda: "elsewhere")
    assert name == MODEL_NAME
    assert reason == f"optimized.onnx was made for here; this is elsewhere, so {MODEL_NAME} is opened"


def test_other_weights_are_refused_at_the_end_of_the_block(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / WEIGHTS_NAME).write_bytes(b"other")
    published = ArtifactFile(WEIGHTS_NAME, "0" * 64, 5)
    optimised = manifest._replace(loading=loading("here"), files=(*manifest.files, published))
    assert weight_files(optimised) == (published,)
    opened = []
    with pytest.raises(Exception, match=WEIGHTS_NAME), WeightChecks(tmp_path, optimised):
        opened.append(True)
    assert opened == [True]


def test_a_handler_takes_an_engine_of_its_own(tmp_path: Path, manifest: Manifest) -> None:
    asked: list[str] = []

    def open_and_note(path: Any, threads: int) -> Any:
        asked.append(Path(path).name)
        return open_session(path, threads)

    handler = model_handler(str(tmp_path / "app.py"), open_session=open_and_note, environ={})
    assert handler(EVENT, None)["outputs"][0]["data"] == [0.5]
    assert asked == [MODEL_NAME]
    assert checked_manifest(tmp_path) == read_manifest(tmp_path) == manifest
