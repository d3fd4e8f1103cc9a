"""Trains a model: from its train.py to a pinned version."""

from __future__ import annotations

from dataclasses import replace

from pilotlight.core.artifacts import FittedModel
from pilotlight.core.disk import temporary_folder
from pilotlight.core.stages import Stages
from pilotlight.training.nodes import Node
from pilotlight.workflows.build_candidate import build_candidate
from pilotlight.workflows.context import Context
from pilotlight.workflows.fit_seeds import fit_seeds
from pilotlight.workflows.prepare_run import prepare_run
from pilotlight.workflows.publish import publish
from pilotlight.workflows.source_model import make_source_model
from pilotlight.workflows.types import Publication, SeedScores, TrainRequest, TrainResult
from pilotlight_runtime.manifest import Json


def train(request: TrainRequest, context: Context, *, node: Node | None = None) -> TrainResult:
    """Fit a model, convert it, verify it, publish it and pin it.

    Args:
        request: The model and its options.
        context: The project, its store, and where to report. `context.stop` ends the fit early with a checkpoint in the
            store, and the same request resumes from it.
        node: This node, the main one of several. The other nodes run `fit_on_node`. None for one machine.

    Returns:
        The published version. Nothing is published before the stage `publish`, and only a published version is pinned.

    Raises:
        ProjectError: The project or the request is wrong.
        TrainingError: train.py failed.
        DataError: The data cannot be read.
        ConversionError: The model cannot be converted to ONNX.
        ParityError: The outputs of the ONNX model differ, the metric is too low, or app.py cannot serve the model.
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

    with temporary_folder() as folder:
        source = make_source_model(context, config, fitted)
        built = build_candidate(source, config, stages, folder, context.open_session, known=fitted.metrics)
        publication = Publication(config, request.at_least, request.pin, _facts(prepared.name, fitted, scores))
        published = publish(built, source.adapter, publication, context, stages)

    result = replace(published, scores=scores, curve=fitted.curve, run=prepared.name)
    prepared.storage.finish(result, config, context.clock, context.progress, keep_result=request.keep_result)
    return result


def fit_on_node(request: TrainRequest, context: Context, node: Node) -> None:
    """Fit a model together with the other nodes of a job. The main node runs the stages after the fit.

    Args:
        request: The model and its options.
        context: The project, its store, and where to report.
        node: This node.

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


def _facts(run: str, fitted: FittedModel, scores: SeedScores | None) -> Json:
    """Return what the manifest records about the training."""
    return {
        "run": run,
        "training": {**fitted.settings, "seconds": round(fitted.seconds, 3)},
        "data": {"source": fitted.dataset.source, "fingerprint": fitted.dataset.fingerprint},
        **({} if scores is None else {"scores": scores.as_json()}),
        **({} if fitted.curve is None else {"curve": fitted.curve.as_json()}),
    }
