"""The use cases as Python functions, on a project with one tiny imported model."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from support.project import Desk, new_project

import pilotlight as api
from pilotlight.core.errors import DataError, ProjectError, ServiceError, StoreError
from pilotlight.core.progress import ProgressEvent
from pilotlight.core.project import Project
from pilotlight.workflows.serve import ModelServer

pytestmark = pytest.mark.functional

INPUTS = {"a": np.full((2, 3), 5, np.float32), "b": np.ones((2, 3), np.float32)}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("project"))
    desk.imported()
    (desk.root / "layers" / "runtime" / "requirements.txt").unlink()  # the layer cannot be built, which takes long
    return desk


@pytest.fixture(scope="module")
def project(desk: Desk) -> Project:
    return Project(desk.root, str(desk.root / "the-store"))


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[ModelServer]:
    log = io.StringIO()
    with redirect_stdout(log), api.serve("adder", port=0, log=log, project=project) as server:
        yield server


def test_a_project_and_its_models_are_created_listed_shown_and_pinned(tmp_path: Path) -> None:
    root = api.init(tmp_path / "mine")
    assert api.new("spam-filter", kind="sklearn", project=root) == root / "functions" / "spam-filter"
    desk = Desk(root)
    version = desk.imported()
    project = Project(root, str(root / "the-store"))
    adder, spam = api.models(project=project)
    assert (adder.name, adder.pinned, spam.name, spam.pinned) == ("adder", version, "spam-filter", None)
    (root / "functions" / "adder" / "model.lock").unlink()
    with pytest.raises(StoreError, match="is not pinned"):
        api.show("adder", project=project)
    assert api.pin("adder", version, project=project).version == version
    assert api.show("adder", project=project).version == version
    problems = [finding.where for finding in api.check(project=project) if finding.problem]
    assert problems == ["functions/spam-filter/model.lock"]


def test_the_project_is_that_of_the_current_folder(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PILOTLIGHT_STORE", str(desk.root / "the-store"))
    monkeypatch.chdir(desk.root / "functions")
    assert [model.name for model in api.models()] == ["adder"]
    monkeypatch.chdir(tmp_path)
    assert [model.name for model in api.models(project=desk.root / "functions")] == ["adder"]
    with pytest.raises(ProjectError, match="is not in a Pilotlight project"):
        api.models()


def test_relative_paths_count_from_the_current_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    report = api.package("catalog", into="built", project=project)
    assert report.files == len([path for path in (tmp_path / "built").rglob("*") if path.is_file()])


@pytest.mark.parametrize("where", ["in this process", "over HTTP"])
def test_arrays_are_sent_and_received(project: Project, server: ModelServer, where: str) -> None:
    url = server.address if where == "over HTTP" else None
    outputs = api.invoke("adder", inputs=INPUTS, url=url, project=project)
    assert {name: array.tolist() for name, array in outputs.items()} == {
        "sum": [[6.0] * 3] * 2,
        "difference": [[4.0] * 3] * 2,
    }


def test_one_input_is_needed(project: Project) -> None:
    with pytest.raises(DataError, match="needs one of"):
        api.invoke("adder", project=project)


def test_a_served_model_tells_its_version_and_its_server_ends(project: Project) -> None:
    log = io.StringIO()
    server = api.serve(port=0, log=log, project=project)
    assert [manifest.model for manifest in server.manifests] == ["adder"]
    server.close()
    server.serve_forever()  # returns at once
    with pytest.raises(ServiceError, match="gave no answer"):
        api.invoke("adder", inputs=INPUTS, url=server.address)


def test_benchmark_reports_each_stage_to_a_function(project: Project) -> None:
    events: list[ProgressEvent] = []
    found = api.benchmark("adder", runs=1, requests=2, plain=True, project=project, progress=events.append)
    assert len(found.cold.runs) == 1
    assert len(found.warm_one.runs) == 2
    assert found.version == api.show("adder", project=project).version
    assert {"package", "measure"} <= {event.stage for event in events}
    assert [event.note for event in events if event.note.startswith("the layer is left out")]


def test_the_image_has_the_tag_that_the_command_line_prints(desk: Desk, project: Project) -> None:
    assert api.tag_image(project=project, cpu=True) == desk("image", "tag", "--cpu").out.strip()
