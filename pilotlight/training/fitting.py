"""Fitting: a person's train.py in, a fitted model with what is known about it out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pilotlight.core.artifacts import Dataset, Exported, Fitted
from pilotlight.core.errors import TrainingError
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.training.data.s3 import local_folder
from pilotlight.training.keras.backend import backend
from pilotlight.training.keras.support import evaluate, history, is_keras, seed_everything, steps_an_epoch
from pilotlight.training.run import Run
from pilotlight.training.train_module import TrainModule, guarded, load_train_module


def fit(folder: Path, config: ModelConfig, run: Run, timer: Callable[[], float] = time.perf_counter) -> Fitted:
    """Runs the train.py in `folder` and judges its model by the held-out part.

    `seconds` of the result are those of training alone, read from `timer`. Raises TrainingError where train.py fails or
    breaks its contract, DataError where its data cannot be had.
    """
    module = load_train_module(folder)
    if config.kind == "keras":
        run.hardware.begin(run.progress, deterministic=run.deterministic)
    seed_everything(run.seed, load_keras=config.kind == "keras")
    with local_folder(run) as local:  # for as long as train.py may read from it
        return _fitted(module, config, run, load(module, run, local), timer)


def load(module: TrainModule, run: Run, local: Run) -> Dataset:
    """What train.py loads of `local`, which is `run` with its data on this machine; the source keeps its name."""
    data = module.load(local)
    return data if local is run else replace(data, source=run.source)


def _fitted(module: TrainModule, config: ModelConfig, run: Run, data: Dataset, timer: Callable[[], float]) -> Fitted:
    run.progress.note(f"{len(data.x_train):,} training and {len(data.x_test):,} held-out samples from {data.source}")
    if run.checkpoints is not None:
        run = replace(run, checkpoints=run.checkpoints.of(run.seed, data.fingerprint))
    start = timer()
    model = module.train(data, run)
    seconds = timer() - start
    if run.checkpoints is not None and config.kind == "keras" and not run.checkpoints.used:
        run.progress.note("an interrupted run starts over: its train.py calls model.fit and not fit_model")
    with guarded(module.path):
        metrics = _measured(model, data)
    _finite(metrics, module.path)
    trained = model.trained if isinstance(model, Exported) else model
    steps = steps_an_epoch(trained) if is_keras(trained) else None
    curve = run.recorder.curve() or (history(trained) if is_keras(trained) else None)
    settings = _settings(run, config, steps) | (
        {"backend": backend(), "precision": run.precision} if is_keras(trained) else {}
    )
    return Fitted(model, data, metrics, seconds, settings, None if curve is None else curve.thinned())


def _measured(model: Any, data: Dataset) -> Mapping[str, float]:
    if isinstance(model, Exported):
        return model.metrics
    return evaluate(model, data.x_test, data.y_test) if is_keras(model) else {}


def _finite(metrics: Mapping[str, float], path: Path) -> None:
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise TrainingError(
                str(path), f"the fitted model's {name} is {value}", "Training diverged: lower the learning rate."
            )


def _settings(run: Run, config: ModelConfig, steps: int | None) -> dict[str, Any]:
    """What train.py was told, for the manifest.

    It may choose smaller batches, which the number of steps shows; a model that is not fitted in steps ignores epochs,
    batch size and rate.
    """
    return {
        "epochs": run.epochs,
        "batch_size": run.batch_size,
        "steps_an_epoch": steps,
        "learning_rate": run.learning_rate,
        "seed": run.seed,
        "metric": config.training.metric,
    }
