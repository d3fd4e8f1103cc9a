"""Train a model: from its train.py to a pinned version."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from pilotlight.core.artifacts import Fitted
from pilotlight.core.stages import Stages
from pilotlight.training.nodes import Node
from pilotlight.workflows.build_candidate import build_candidate
from pilotlight.workflows.context import Context
from pilotlight.workflows.fit_seeds import fit_seeds
from pilotlight.workflows.prepare_run import prepare_run
from pilotlight.workflows.publish import Publication, publish
from pilotlight.workflows.source_model import source_model
from pilotlight.workflows.types import Scores, TrainRequest, TrainResult
from pilotlight_runtime.manifest import Json


def train(request: TrainRequest, context: Context, *, node: Node | None = None) -> TrainResult:
    """Fit a model, convert it, verify that it answers the same, publish it and pin it.

    Args:
        request: Which model, and with which options.
        context: The project, its store, and where to report. `context.stop` ends the fit early with a checkpoint in the
            store, and the same request resumes from it.
        node: This node, the main one of several; `fit_on_node` runs on the others.

    Returns:
        The published version. Before the stage `publish` nothing is published, and nothing is pinned that was not
        published.

    Raises:
        ProjectError: The project or the request is wrong.
        TrainingError: train.py failed.
        DataError: The data cannot be read.
        ConversionError: The model cannot become ONNX.
        ParityError: The ONNX model answers differently, reaches too little, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be read or written.
        Interrupted: The run was stopped; it can be resumed.
    """
    stages = Stages(context.progress)
    prepared = prepare_run(request, context, node)
    config, run = prepared.config, prepared.run
    folder = context.project.folder(request.name)

    with stages.stage("train"):
        fitted, scores = fit_seeds(folder, config, run, request.seeds)

    with tempfile.TemporaryDirectory() as temporary:
        source = source_model(context, config, fitted)
        built = build_candidate(source, config, stages, Path(temporary), context.open_session, known=fitted.metrics)
        publication = Publication(config, request.at_least, request.pin, _facts(prepared.name, fitted, scores))
        published = publish(built, source.adapter, publication, context, stages)

    result = replace(published, scores=scores, curve=fitted.curve, run=prepared.name)
    prepared.storage.finish(result, config, context.clock, context.progress, keep_result=request.keep_result)
    return result


def fit_on_node(request: TrainRequest, context: Context, node: Node) -> None:
    """Fit a model together with the other nodes of a job; the main node does what comes after the fit.

    Raises:
        TrainingError: train.py failed, or the other nodes are missing.
        DataError: The data cannot be read.
        StoreError: The store cannot be read or written.
        Interrupted: The run was stopped; it can be resumed.
    """
    prepared = prepare_run(request, context, node)
    folder = context.project.folder(request.name)
    with Stages(context.progress).stage("train"):
        fit_seeds(folder, prepared.config, prepared.run, request.seeds)


def _facts(run: str, fitted: Fitted, scores: Scores | None) -> Json:
    """What the manifest says of the training."""
    return {
        "run": run,
        "training": {**fitted.settings, "seconds": round(fitted.seconds, 3)},
        "data": {"source": fitted.dataset.source, "fingerprint": fitted.dataset.fingerprint},
        **({} if scores is None else {"scores": scores.as_json()}),
        **({} if fitted.curve is None else {"curve": fitted.curve.as_json()}),
    }
