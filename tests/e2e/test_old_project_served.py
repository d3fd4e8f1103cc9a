"""A project that an earlier `init` and `new` made: its models train with today's train.py, and it builds and serves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from sklearn.datasets import load_iris
from support.project import Desk
from support.sam import ECHO, Sam, SamProject, echo_model
from support.sam_local import local_api

KINDS = {"pictures": "keras-image", "spam-filter": "sklearn"}
"""What each model began with."""


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The project with each train.py brought over, both models trained, and a third one imported."""
    repository, root = request.config.rootpath, tmp_path_factory.mktemp("old") / "project"
    shutil.copytree(repository / "tests" / "fixtures" / "old_project", root)
    desk = Desk(root)
    for name, kind in KINDS.items():
        shutil.copy(repository / "pilotlight" / "scaffold" / "kinds" / kind / "train.py", root / "functions" / name)
        environ = {**os.environ, "PILOTLIGHT_STORE": str(root / "the-store")}
        epochs = ["--epochs", "1"] if desk.kind(name) == "keras" else []
        # A process of its own: TensorFlow would stay in this one.
        command = [sys.executable, "-m", "pilotlight", "train", name, *epochs, "--json"]
        trained = subprocess.run(command, cwd=root, env=environ, check=False, capture_output=True, text=True)
        assert trained.returncode == 0, trained.stderr
    desk.imported(ECHO, echo_model())
    return desk


@pytest.fixture(scope="module")
def project(sam: Sam, base_image: str, desk: Desk) -> SamProject:
    assert base_image
    project = SamProject(desk.root, sam)
    project.build()
    project.rename_layer("OldRuntimeLayer")
    return project


@pytest.fixture(scope="module")
def address(project: SamProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_api(project, tmp_path_factory.mktemp("local") / "start-api.log") as address:
        yield address


def test_nothing_is_wrong_with_it(desk: Desk) -> None:
    ran = desk("check")
    assert ran.code == 0, ran.out


def test_its_template_is_valid_to_sam_and_to_its_linter(project: SamProject) -> None:
    assert "is a valid SAM Template" in project.sam.run(project.root, "validate", "--lint")


def test_each_function_is_built(project: SamProject) -> None:
    for resource in ("PicturesFunction", "SpamFilterFunction", "EchoFunction"):
        assert {"app.py", "manifest.json", "model.onnx"} <= set(project.files(resource)), resource


def test_its_models_answer(address: str) -> None:
    given = {"name": "features", "datatype": "FP32", "shape": [150, 4], "data": load_iris().data.ravel().tolist()}
    answer = requests.post(f"http://{address}/v2/models/spam-filter/infer", json={"inputs": [given]}, timeout=60)
    assert answer.status_code == 200, answer.text
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    names = ["setosa", "versicolor", "virginica"]
    expected = [names[target] for target in load_iris().target]
    right = [got == wanted for got, wanted in zip(outputs["label"], expected, strict=True)]
    assert sum(right) >= 135
    for name in ("pictures", ECHO):
        assert requests.get(f"http://{address}/v2/models/{name}/ready", timeout=60).json() == {
            "name": name,
            "ready": True,
        }
