"""The functions of this repository that need no TensorFlow: trained, gated, packaged, and asked through their handlers.

What they answer is held against scikit-learn's own predictions.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.workflow_calls import train_model

from pilotlight import Run, feature_names
from pilotlight.core.artifacts import Array, FittedModel
from pilotlight.core.errors import DataError
from pilotlight.core.project import Project
from pilotlight.local.endpoint import GatewayEndpoint, require_success
from pilotlight.local.gateway import WebResponse
from pilotlight.local.inference_requests import infer_path, npz_request
from pilotlight.local.inference_responses import read_outputs
from pilotlight.store import FolderBlobs, Store
from pilotlight.training import fit
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.types import TrainResult

FUNCTIONS = Path(__file__).parents[3] / "functions"
NAMES = ("tumor", "progression", "cultivar", "species", "segments")
CURVES = {
    "tumor": ("epoch", {"loss", "val_loss", "accuracy", "val_accuracy"}),
    "progression": ("epoch", {"r2", "val_r2"}),
    "cultivar": ("training samples", {"accuracy", "val_accuracy"}),
    "species": ("training samples", {"accuracy", "val_accuracy"}),
    "segments": ("iteration", {"inertia"}),
}


@dataclass(frozen=True)
class Served:
    """A trained function. fitted: the same training again, as scikit-learn's own object. log: of its handler."""

    name: str
    result: TrainResult
    fitted: FittedModel
    endpoint: GatewayEndpoint
    project: Project
    log: io.StringIO

    @property
    def samples(self) -> Array:
        return self.fitted.dataset.x_test

    def ask(self, samples: Array, folder: Path) -> WebResponse:
        """The answer to binary tensors."""
        inputs = self.result.published.manifest.signature.inputs
        np.savez(folder / "asked.npz", **{inputs[0].name: samples})
        path = infer_path(self.name, None)
        question = npz_request(path, folder / "asked.npz", inputs, binary_outputs=True)
        return self.endpoint.send("POST", question.path, question.headers, question.body)

    def post(self, path: str, document: object) -> WebResponse:
        return self.endpoint.send("POST", path, {"Content-Type": "application/json"}, json.dumps(document).encode())


@pytest.fixture(scope="module", params=NAMES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    name: str = request.param
    root = tmp_path_factory.mktemp(name)
    for part in (name, "catalog"):
        leave = shutil.ignore_patterns("model.lock", "__pycache__")
        shutil.copytree(FUNCTIONS / part, root / "functions" / part, ignore=leave)
    project, store = Project(root, ""), Store(FolderBlobs(root / "store"))
    result = train_model(project, name, store=store)
    config = project.read_config(name)
    given = config.training
    labels = config.labels[0].names if config.labels else ()
    run = Run(given.data, given.epochs, given.batch_size, given.learning_rate, given.seed, labels=labels)
    fitted = fit(project.folder(name), config, run)
    locks, log = project.read_locks(), io.StringIO()
    with start_functions(root / "packaged", locks, log.write, log) as functions:
        package_models(project, store, locks, root / "packaged")
        yield Served(name, result, fitted, GatewayEndpoint(load_gateway(functions, log)), project, log)


def own_answers(served: Served) -> dict[str, Array]:
    """What scikit-learn's object says, by the names of the signature."""
    model, x = served.fitted.model, served.samples
    if served.name == "progression":
        return {"progression": model.predict(x)[:, None]}
    if served.name == "segments":
        return {"cluster": model.predict(x), "distances": model.transform(x)}
    config = served.project.read_config(served.name)
    (labels,) = config.labels
    probabilities = model.predict_proba(x)
    names = [labels.names[place].encode() for place in probabilities.argmax(axis=1)]
    return {"probabilities": probabilities, "label": np.array(names, dtype=object)}


def test_the_handler_answers_as_scikit_learn_does(served: Served, tmp_path: Path) -> None:
    found = read_outputs(require_success(served.ask(served.samples, tmp_path), "here"), "here")
    wanted = own_answers(served)
    assert list(found) == list(wanted)
    for name, array in found.items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(array, wanted[name], rtol=1e-4, atol=1e-3 if name == "progression" else 1e-5)
        else:
            np.testing.assert_array_equal(array, wanted[name])


def test_tensorflow_servings_rows_are_the_same(served: Served) -> None:
    answer = served.post(f"/v1/models/{served.name}:predict", {"instances": served.samples[:2].tolist()})
    rows: list[Any] = json.loads(require_success(answer, "here").body)["predictions"]
    wanted = own_answers(served)
    assert len(rows) == 2
    if served.name == "progression":
        np.testing.assert_allclose(rows, wanted["progression"][:2], rtol=1e-4)
        return
    assert [set(row) for row in rows] == [set(wanted)] * 2
    if "label" in wanted:
        assert [row["label"].encode() for row in rows] == wanted["label"][:2].tolist()


def test_the_gate_saw_all_held_out_samples_and_the_manifest_tells_how_it_learned(served: Served) -> None:
    result = served.result
    assert result.parity.failures == ()
    assert result.parity.samples == min(len(served.samples), 256)
    metric = served.project.read_config(served.name).training.metric
    assert result.parity.source_metric == pytest.approx(result.metrics[metric])
    assert result.parity.onnx_metric == pytest.approx(result.metrics[metric], abs=1e-6)
    curve = result.published.manifest.provenance["curve"]
    assert (curve["axis"], set(curve["series"])) == CURVES[served.name]
    assert len(curve["at"]) > 1
    assert {"scikit-learn", "skl2onnx"} <= set(result.published.manifest.provenance["tools"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused_by_their_place(served: Served, tmp_path: Path, value: float) -> None:
    samples = served.samples[:3].copy()
    samples[1, 2] = value
    answer = served.ask(samples, tmp_path)
    assert answer.status == 400
    place = samples.shape[1] + 2
    name = served.result.published.manifest.signature.inputs[0].name
    told = json.loads(answer.body)["error"]
    assert told == f"input '{name}': data[{place}] is {value}; this model takes finite numbers only"


def test_huge_numbers_are_answered_or_refused_and_never_fail(served: Served) -> None:
    (spec,) = served.result.published.manifest.signature.inputs
    tensor = {"name": spec.name, "datatype": "FP32", "shape": [1, spec.shape[1]], "data": [3e38] * spec.shape[1]}
    answer = served.post(infer_path(served.name, None), {"inputs": [tensor]})
    assert answer.status in (200, 400)
    if answer.status == 400:
        assert "has NaN or infinity, which JSON cannot carry" in json.loads(answer.body)["error"]


def test_wrong_widths_are_refused(served: Served) -> None:
    (spec,) = served.result.published.manifest.signature.inputs
    tensor = {"name": spec.name, "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
    answer = served.post(infer_path(served.name, None), {"inputs": [tensor]})
    assert answer.status == 400
    assert f"shape must be [-1, {spec.shape[1]}]" in json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[value % 2] * 13 for value in range(16)], "has fewer different samples to learn from than the 3 clusters"),
        ([[0] * 13], "has 1 sample"),
    ],
)
def test_fewer_samples_than_clusters_are_refused(tmp_path: Path, rows: list[list[int]], message: str) -> None:
    lines = [",".join([*feature_names("wine"), "cultivar"])]
    lines += [",".join(map(str, [*row, index % 2])) for index, row in enumerate(rows)]
    (tmp_path / "few.csv").write_text("\n".join(lines))
    config = Project(FUNCTIONS.parent, "").read_config("segments")
    with pytest.raises(DataError, match=message):
        fit(FUNCTIONS / "segments", config, Run(str(tmp_path / "few.csv"), 300, 1, 0.1, 20))


def test_no_samples_are_no_answers(served: Served, tmp_path: Path) -> None:
    answer = served.ask(served.samples[:0], tmp_path)
    assert answer.status == 200, answer.body
    assert all(len(array) == 0 for array in read_outputs(answer, "here").values())
