"""The way from a model's train.py to a fitted model with its metrics, learning curve and settings."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pilotlight.core.artifacts import Dataset, Exported, FittedModel
from pilotlight.core.errors import TrainingError
from pilotlight.core.labels import add_label_outputs
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.option import list_options
from pilotlight.core.options import TrainingSettings
from pilotlight.core.samples import count_samples, without_frame
from pilotlight.training.data.s3 import local_folder
from pilotlight.training.dataset_checks import find_nan
from pilotlight.training.keras.backend import backend
from pilotlight.training.keras.models import evaluate, history, is_keras, steps_per_epoch
from pilotlight.training.keras.seeding import seed_everything
from pilotlight.training.run import Run
from pilotlight.training.torch.seeding import begin_torch
from pilotlight.training.train_module import TrainModule, load_train_module


def fit(folder: Path, config: ModelConfig, run: Run, timer: Callable[[], float] = time.perf_counter) -> FittedModel:
    """Runs a model's train.py and measures its model on the held-out part.

    Args:
        folder: The model's folder.
        config: Its model.toml.
        run: The settings.
        timer: Seconds that only increase; it times only `train`.

    Raises:
        TrainingError: train.py fails or breaks its contract, or a metric is not finite.
        DataError: The data is missing or malformed.
    """
    module = load_train_module(folder)
    if config.kind == "keras":
        run.hardware.begin(run.progress, deterministic=run.deterministic)
    seed_everything(run.seed, load_keras=config.kind == "keras")
    if config.kind == "torch":
        begin_torch(run.seed, deterministic=run.deterministic)
    with local_folder(run) as local:  # train.py may read from it until the model is fitted
        return _fit(module, config, run, load(module, run, local, config), timer)


def load(module: TrainModule, run: Run, local: Run, config: ModelConfig | None = None) -> Dataset:
    """The data that train.py loads for `local`, which is `run` with its data on this machine.

    The data set keeps the name of the source that `run` has. Its arrays have the names in [signature] of `config`.
    """
    signature = None
    if config is not None and config.signature is not None:
        signature = add_label_outputs(config.signature, config.labels)
    data = module.load(local, signature)
    return data if local is run else replace(data, source=run.source)


def _fit(module: TrainModule, config: ModelConfig, run: Run, data: Dataset, timer: Callable[[], float]) -> FittedModel:
    counts = count_samples(data.x_train), count_samples(data.x_test)
    run.progress.note(f"{counts[0]:,} training and {counts[1]:,} held-out samples from {data.source}")
    if run.checkpoints is not None:
        run = replace(run, checkpoints=run.checkpoints.of(run.seed, data.fingerprint))
    start = timer()
    model = module.train(data, run)
    seconds = timer() - start
    if run.checkpoints is not None and config.kind == "keras" and not run.checkpoints.used:
        run.progress.note("No checkpoints: train.py calls model.fit. Use fit_model to make runs resumable.")
    if run.checkpoints is not None and config.kind == "torch" and not run.checkpoints.used:
        run.progress.note("No checkpoints: train.py fits by itself. Use fit_torch to make runs resumable.")
    with module.guard():
        metrics = _measure(model, data, config)
    _check_finite(metrics, data, module.path)
    trained = model.trained if isinstance(model, Exported) else model
    steps = steps_per_epoch(trained) if is_keras(trained) else None
    curve = run.recorder.curve() or (history(trained) if is_keras(trained) else None)
    settings = _settings(run, config, steps) | (
        {"backend": backend(), "precision": run.precision} if is_keras(trained) else {}
    )
    return FittedModel(model, data, metrics, seconds, settings, None if curve is None else curve.downsample())


def _measure(model: Any, data: Dataset, config: ModelConfig) -> Mapping[str, float]:
    if isinstance(model, Exported):
        return model.metrics
    if not is_keras(model):
        return {}
    inputs, outputs = ((), ()) if config.signature is None else (config.signature.inputs, config.signature.outputs)
    x = without_frame(data.x_test, [spec.name for spec in inputs], "x_test")
    y = None if data.y_test is None else without_frame(data.y_test, [spec.name for spec in outputs], "y_test")
    return evaluate(model, x, y)


def _check_finite(metrics: Mapping[str, float], data: Dataset, path: Path) -> None:
    for name, value in metrics.items():
        if not math.isfinite(value):
            what = f"the fitted model's {name} is {value}"
            if blanks := find_nan(data):
                hint = "Replace these values in load(), for instance by the mean of the training part."
                raise TrainingError(str(path), f"{what}: {blanks}", hint)
            raise TrainingError(str(path), what, "Training diverged. Lower the learning rate.")


def _settings(run: Run, config: ModelConfig, steps: int | None) -> dict[str, Any]:
    """The settings of the run, for the manifest.

    train.py may use smaller batches, which the number of steps shows. A model that is not fitted in steps ignores
    epochs, batch size and learning rate.
    """
    known = {
        "epochs": run.epochs,
        "batch_size": run.batch_size,
        "steps_an_epoch": steps,
        "learning_rate": run.learning_rate,
        "seed": run.seed,
        "metric": config.training.metric,
    }
    elsewhere = {*known, "data", "precision"}
    others = [
        each.name for each in list_options(TrainingSettings) if each.option.identity and each.name not in elsewhere
    ]
    features = {"features": list(run.recorder.features)} if run.recorder.features else {}
    return known | {name: getattr(run, name) for name in others} | features
