"""What `pilotlight new NAME --kind torch` writes trains, passes the gate and answers as its module, as it stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.torch_modules import import_torch
from support.workflow_calls import convert_model, make_context, train_model

from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.packaging import package_function
from pilotlight.scaffold import init_project, new_model
from pilotlight.store import FolderBlobs, Store
from pilotlight.training.fitting import fit
from pilotlight.workflows.prepare_run import resolve_run
from pilotlight.workflows.types import TrainResult

torch = import_torch()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("scaffold")
    init_project(root)
    made = Project(root, "")
    new_model(made, "marks", "torch")
    return made


@pytest.fixture(scope="module")
def store(project: Project) -> Store:
    return Store(FolderBlobs(project.root / "the-store"))


@pytest.fixture(scope="module")
def trained(project: Project, store: Store) -> TrainResult:
    return train_model(project, "marks", store=store, options={"epochs": 2})


def test_it_trains_and_passes_the_gate(trained: TrainResult) -> None:
    assert trained.metrics["accuracy"] >= 0.85
    assert (trained.parity.samples, trained.parity.failures) == (256, ())
    assert trained.curve is not None
    assert trained.curve.axis == "epoch"
    assert set(trained.curve.series) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_the_manifest_names_the_framework_and_its_versions(trained: TrainResult) -> None:
    provenance = json.loads(json.dumps(trained.published.manifest.provenance))
    assert provenance["framework"] == "PyTorch"
    assert provenance["tools"]["torch"] == torch.__version__


@pytest.mark.usefixtures("trained")
def test_the_packaged_function_answers_as_the_module_does(project: Project, store: Store, tmp_path: Path) -> None:
    config = project.read_config("marks")
    run = resolve_run(make_context(project, store), config, {"epochs": 2})
    fitted = fit(project.folder("marks"), config, run)
    pictures = np.asarray(fitted.dataset.x_test)[:3]
    with torch.no_grad():
        wanted = fitted.model(torch.from_numpy(pictures)).numpy()
    package_function("marks", project.folder("marks"), store, project.read_lock("marks"), tmp_path / "packaged")
    tensor = {"name": "image", "datatype": "FP32", "shape": [3, 1, 28, 28], "data": pictures.ravel().tolist()}
    answer = load_function("marks", tmp_path / "packaged")({"inputs": [tensor]}, "test")
    (output,) = answer["outputs"]
    assert (output["name"], output["shape"]) == ("probabilities", [3, 10])
    np.testing.assert_allclose(np.reshape(output["data"], (3, 10)), wanted, rtol=1e-4, atol=1e-5)


def test_the_same_run_again_is_the_same_version(project: Project, store: Store, trained: TrainResult) -> None:
    again = train_model(project, "marks", store=store, options={"epochs": 2})
    assert again.version == trained.version
    assert not again.published.new


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_it_can_be_quantized(project: Project, store: Store, mode: str) -> None:
    new_model(project, f"small-{mode}", "torch")
    path = project.folder(f"small-{mode}") / "model.toml"
    path.write_text(path.read_text() + f'\n[quantization]\nmode = "{mode}"\n')
    result = train_model(project, f"small-{mode}", store=store, options={"epochs": 2})
    assert result.quantization is not None
    assert result.quantization.bytes_after < 0.5 * result.quantization.bytes_before


def test_a_saved_module_is_converted(project: Project, store: Store, trained: TrainResult, tmp_path: Path) -> None:
    config = project.read_config("marks")
    run = resolve_run(make_context(project, store), config, {"epochs": 2})
    fitted = fit(project.folder("marks"), config, run)
    program = torch.export.export(
        fitted.model.eval(), (torch.zeros(5, 1, 28, 28),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )
    torch.export.save(program, tmp_path / "marks.pt2")
    result = convert_model(project, "marks", tmp_path / "marks.pt2", store=store)
    assert result.parity.failures == ()
    assert result.parity.source_metric == trained.parity.source_metric
