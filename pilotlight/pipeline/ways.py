"""The three ways to a published version: from train.py, from a saved model, from an ONNX file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from pilotlight.conversion import adapter_for, adapter_for_file, add_labels, check_signature, import_onnx
from pilotlight.core.artifacts import Fitted
from pilotlight.core.errors import ProjectError
from pilotlight.core.modelconfig import CONFIG_NAME, NONE, ModelConfig
from pilotlight.core.progress import Progress, Silent
from pilotlight.core.project import Project
from pilotlight.core.stopping import Stop
from pilotlight.optimization import optimize
from pilotlight.pipeline.begin import begun, checked, run_of
from pilotlight.pipeline.carry import Carried, carry
from pilotlight.pipeline.gate import Ending
from pilotlight.pipeline.golden import load_golden, verify_import
from pilotlight.pipeline.graphs import verify_graphs
from pilotlight.pipeline.result import Clock, Options, TrainResult, utc_now
from pilotlight.pipeline.seeds import fit_seeds
from pilotlight.pipeline.source import source_of
from pilotlight.pipeline.stages import Stages
from pilotlight.store import Store, sha256_of
from pilotlight.training import (
    TRAIN_NAME,
    Fetch,
    Node,
    fit,
    load,
    load_train_module,
    local_folder,
)
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession


def train_model(  # noqa: PLR0913  (each is a choice of the caller, and named)
    project: Project,
    name: str,
    *,
    store: Store,
    options: Options | None = None,
    progress: Progress | None = None,
    clock: Clock = utc_now,
    fetch: Fetch | None = None,
    open_session: OpenSession = open_session,
    stop: Stop | None = None,
    node: Node | None = None,
) -> TrainResult:
    """Fits the model `name`, converts, verifies, publishes and pins it.

    Of several seeds (options.seeds) the model in the middle goes on. fetch: downloads s3:// data. stop: ends the fit
    early, with a checkpoint in the store that the same run goes on from. node: this one, the main one of several, on
    the others of which fit_on_node runs. Raises TrainingError, DataError, ConversionError, ParityError, PackagingError,
    StoreError or Interrupted; before the last stage but one nothing is published, and nothing is pinned that was not
    published.
    """
    options, stages = options or Options(), Stages(progress or Silent())
    config, run, kept, called = begun(project, name, store, options, stages, fetch=fetch, stop=stop, node=node)
    with stages.stage("train"):
        fitted, scores = fit_seeds(partial(fit, project.folder(name), config), config, run, options.seeds)
    ending = Ending(project, config, store, stages, clock, options.at_least, options.pin)
    source = source_of(project, config, fitted, open_session)
    with tempfile.TemporaryDirectory() as folder:
        carried = carry(source, config, stages, Path(folder), open_session, measured=fitted.metrics)
        facts = {
            "run": called,
            "training": {**fitted.settings, "seconds": round(fitted.seconds, 3)},
            "data": {"source": fitted.dataset.source, "fingerprint": fitted.dataset.fingerprint},
            **({} if scores is None else {"scores": scores.as_json()}),
            **({} if fitted.curve is None else {"curve": fitted.curve.as_json()}),
        }
        result = replace(ending.publish(carried, source.adapter, facts), scores=scores, curve=fitted.curve, run=called)
        kept.end(result, config, clock, stages.progress, recorded=options.recorded)
        return result


def fit_on_node(  # noqa: PLR0913  (as train_model)
    project: Project,
    name: str,
    *,
    store: Store,
    node: Node,
    options: Options | None = None,
    progress: Progress | None = None,
    fetch: Fetch | None = None,
    stop: Stop | None = None,
) -> None:
    """Fits the model `name` together with the other nodes; what comes after the fit is the main node's.

    Raises TrainingError, DataError, StoreError or Interrupted.
    """
    options, stages = options or Options(), Stages(progress or Silent())
    config, run, _, _ = begun(project, name, store, options, stages, fetch=fetch, stop=stop, node=node)
    with stages.stage("train"):
        fit_seeds(partial(fit, project.folder(name), config), config, run, options.seeds)


def convert_model(  # noqa: PLR0913  (as train_model)
    project: Project,
    name: str,
    source_model: Path,
    *,
    store: Store,
    options: Options | None = None,
    progress: Progress | None = None,
    clock: Clock = utc_now,
    fetch: Fetch | None = None,
    open_session: OpenSession = open_session,
) -> TrainResult:
    """Converts the saved model `source_model`, verifies it on the data that train.py loads, publishes and pins it.

    Raises as train_model does.
    """
    config = checked(project, name)
    stages = Stages(progress or Silent())
    adapter = adapter_for_file(source_model)
    run = run_of(project.folder(name), config, options or Options(), stages.progress, fetch)
    with stages.stage("load"):
        model = adapter.load(source_model)
        module = load_train_module(project.folder(name))
    with local_folder(run) as local:
        data = load(module, run, local)
    source = source_of(project, config, Fitted(model, data, {}, 0.0), open_session)
    with tempfile.TemporaryDirectory() as folder:
        carried = carry(source, config, stages, Path(folder), open_session)
        facts = {"source": source_model.name, "data": {"source": data.source, "fingerprint": data.fingerprint}}
        return Ending(project, config, store, stages, clock).publish(carried, adapter, facts)


def import_model(  # noqa: PLR0913  (as train_model)
    project: Project,
    name: str,
    source: Path,
    *,
    store: Store,
    golden: Path | None = None,
    progress: Progress | None = None,
    clock: Clock = utc_now,
    open_session: OpenSession = open_session,
) -> TrainResult:
    """Publishes the ONNX file `source` as a version of `name` and pins it. TensorFlow is never imported.

    golden: an .npz file of reference samples, see golden.py; without one the manifest says that nothing was compared.
    The model's folder need not exist. Raises ConversionError, DataError, ParityError, PackagingError or
    StoreError.
    """
    exists = (project.folder(name) / CONFIG_NAME).is_file()
    config = project.config(name) if exists else ModelConfig(name, "onnx")
    _imports_as_it_is(config, str(project.folder(name) / CONFIG_NAME))
    stages = Stages(progress or Silent())
    with tempfile.TemporaryDirectory() as folder:
        with stages.stage("import"):
            candidate = add_labels(import_onnx(source, Path(folder, "imported"), open_session), config.labels)
        with stages.stage("optimize"):
            candidate = optimize(candidate, Path(folder, "optimized"), open_session)
            check_signature(config, candidate.signature)
        with stages.stage("verify"):
            report = verify_graphs(candidate, partial(verify_import, candidate, golden, config.parity), open_session)
        data = {} if golden is None else {"data": {"source": golden.name, "fingerprint": sha256_of(golden)}}
        ending = Ending(project, config, store, stages, clock)
        adapter = adapter_for(candidate.folder / MODEL_NAME)
        sample = None if golden is None else load_golden(golden, candidate.signature).inputs
        carried = Carried(candidate, report, {}, None, sample)
        return ending.publish(carried, adapter, {"source": source.name, **data})


def _imports_as_it_is(config: ModelConfig, where: str) -> None:
    """ProjectError where [quantization] would be without the samples that quantising is judged by."""
    if config.quantization.mode != NONE:
        hint = f"Quantise it before, or return its path from the train() of a {TRAIN_NAME}, whose load() gives samples."
        raise ProjectError(where, "has [quantization], and an imported file has no data to judge it by", hint)
