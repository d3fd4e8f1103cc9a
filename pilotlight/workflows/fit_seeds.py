"""Fits one model for each of several seeds, and keeps the one with the median score.

A single seed may be lucky, in the split of the data or in the initial weights. The median of several seeds is the score
to expect, and the published model is the one that reached it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight.core.artifacts import Exported, FittedModel
from pilotlight.core.errors import ProjectError, TrainingError
from pilotlight.core.labels import add_label_outputs
from pilotlight.core.model_config import ModelConfig
from pilotlight.training.fitting import fit
from pilotlight.training.run import Recorder, Run
from pilotlight.verification.reference import measure_held_out
from pilotlight.workflows.source_model import build_reference
from pilotlight.workflows.types import SeedScores


class _Measured(NamedTuple):
    score: float
    seed: int
    fitted: FittedModel


def fit_seeds(folder: Path, config: ModelConfig, run: Run, count: int) -> tuple[FittedModel, SeedScores | None]:
    """Fit one model for each seed run.seed, run.seed + 1, … and return the one with the median score.

    Args:
        folder: The model's folder, with its train.py.
        config: The configuration of the model.
        run: The settings. `run.progress` gets the score of each seed as a note.
        count: The number of seeds.

    Returns:
        The fitted model and all scores; no scores where `count` is 1. Where `count` is even, the model is that of the
        lower of the two middle scores.

    Raises:
        ProjectError: The scores cannot be compared: model.toml names no metric or signature, or the labels do not fit.
        TrainingError: train.py failed.
    """
    if count == 1:
        return fit(folder, config, run), None
    metric = config.training.metric
    measured = []
    for seed in range(run.seed, run.seed + count):
        fitted = fit(folder, config, replace(run, seed=seed, recorder=Recorder()))
        score = measure_score(fitted, config)
        run.progress.note(f"seed {seed}: {metric} {score:.4f}")
        measured.append(_Measured(score, seed, fitted))
    _check_distinct_files([one.fitted for one in measured])
    kept = sorted(measured, key=lambda one: (one.score, one.seed))[(count - 1) // 2]
    scores = SeedScores(metric, {one.seed: one.score for one in measured}, kept.seed)
    run.progress.note(f"median of {count} seeds: {metric} {scores.median:.4f}; the model of seed {kept.seed} is kept")
    return kept.fitted, scores


def measure_score(fitted: FittedModel, config: ModelConfig) -> float:
    """Return the metric of a model on its held-out part: as the framework measured it, else computed.

    Args:
        fitted: The fitted model.
        config: Its configuration, which names the metric.

    Raises:
        ProjectError: The metric does not fit the held-out labels.
        TrainingError: The metric cannot be computed.
    """
    metric = config.training.metric
    found = dict(fitted.metrics)
    if metric not in found and config.signature is not None:
        signature = add_label_outputs(config.signature, config.labels)
        reference = build_reference(fitted, config, signature)
        try:
            found |= measure_held_out(reference, metric)
        except ValueError as error:
            raise TrainingError(f"model {config.name!r}", str(error), "Correct training.metric.") from error
    if metric not in found:
        raise ProjectError(
            f"model.toml of {config.name}",
            f"names the metric {metric}, which the held-out labels do not fit",
            "Correct training.metric, or train with one seed.",
        )
    return found[metric]


def _check_distinct_files(fitted: list[FittedModel]) -> None:
    """Raise TrainingError where seeds share a file: it would hold the last seed's model, whichever is chosen."""
    paths = Counter(path for one in fitted for path in _files(one.model))
    if shared := [path for path, count in paths.items() if count > 1]:
        raise TrainingError(
            str(shared[0]), "was returned for more than one seed", "Name the file after run.seed in train.py."
        )


def _files(model: Any) -> set[Path]:
    """Return the files that hold what train.py returned."""
    graphs = model.graphs.values() if isinstance(model, Exported) else (model,)
    return {graph for graph in graphs if isinstance(graph, Path)}
