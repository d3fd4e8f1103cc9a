"""What `pilotlight new NAME --kind keras-text` writes trains, passes the gate and answers, as it stands."""

from pathlib import Path

import pytest
from support.text_project import operators
from support.workflow_calls import train_model

from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.packaging import package_function
from pilotlight.scaffold import init_project, new_model
from pilotlight.store import FolderBlobs, Store


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scaffold")
    init_project(root)
    project, store = Project(root, ""), Store(FolderBlobs(root / "the-store"))
    new_model(project, "mood", "keras-text")
    result = train_model(project, "mood", store=store, options={"epochs": 1})
    assert result.metrics["accuracy"] >= 0.9
    assert (result.parity.samples, result.parity.note) == (256, "")
    package_function("mood", project.folder("mood"), store, project.read_lock("mood"), root / "packaged")
    return root / "packaged"


def test_it_answers_with_labels(packaged: Path) -> None:
    texts = ["The plot is not dull, but the music is dreadful.", "i loved her performance"]
    tensor = {"name": "text", "datatype": "BYTES", "shape": [2], "data": texts}
    answer = load_function("mood", packaged)({"inputs": [tensor]}, "test")
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["label"] == ["negative", "positive"]
    assert len(outputs["probabilities"]) == 4


def test_nothing_of_training_is_packaged(packaged: Path) -> None:
    names = {str(path.relative_to(packaged)) for path in packaged.rglob("*") if path.is_file()}
    kept = {name for name in names if "__pycache__" not in name}
    assert kept == {"app.py", "manifest.json", "classifier/model.onnx", "labels.json", "vocabulary.json"}


def test_the_graph_has_no_loop(packaged: Path) -> None:
    assert not operators(packaged / "classifier" / "model.onnx") & {"Loop", "Scan", "If"}
