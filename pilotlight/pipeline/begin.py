"""Where the ways begin: settings are resolved, what can be found wrong before anything is fitted is, nodes meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight.core.errors import TrainingError
from pilotlight.core.modelconfig import CONFIG_NAME, ModelConfig
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.core.runs import run_key
from pilotlight.core.stopping import Stop
from pilotlight.pipeline.gate import check_image
from pilotlight.pipeline.kept import KeptRun, check_run_name, run_id
from pilotlight.pipeline.result import Options
from pilotlight.pipeline.seeds import check_seeds
from pilotlight.pipeline.stages import Stages
from pilotlight.store import Store
from pilotlight.training import TRAIN_NAME, Devices, Fetch, Node, Run, backend, meet, own_address
from pilotlight.verification import check_metric


class Begun(NamedTuple):
    """What a fit begins with. called: the run's name."""

    config: ModelConfig
    run: Run
    kept: KeptRun
    called: str


def begun(  # noqa: PLR0913  (what a run needs)
    project: Project,
    name: str,
    store: Store,
    options: Options,
    stages: Stages,
    *,
    fetch: Fetch | None,
    stop: Stop | None,
    node: Node | None,
) -> Begun:
    """Everything checked and found that a fit begins with. Nodes of one job wait for one another here."""
    config = checked(project, name)
    _trains(project, config)
    check_seeds(config, options.seeds, str(project.folder(name) / CONFIG_NAME))
    run = run_of(project.folder(name), config, options, stages.progress, fetch)
    computes = backend() if config.kind == "keras" else ""
    called = check_run_name(options.run) if options.run else run_id(project, name, run, options, computes)
    kept = KeptRun(store.files(run_key(called)))
    cluster = None
    if node is not None:
        stages.progress.note(f"node {node.index} of {node.count}: waiting for the others")
        cluster = meet(node, kept.nodes, own_address(node))
    devices = Devices(config.training.devices, cluster)
    return Begun(config, replace(run, checkpoints=kept.checkpoints, stop=stop or Stop(), devices=devices), kept, called)


def checked(project: Project, name: str) -> ModelConfig:
    """The configuration, with everything found wrong that need not wait until a model is fitted."""
    config = project.config(name)
    where = str(project.folder(name) / CONFIG_NAME)
    check_metric(config.training.metric, where)
    if config.signature is not None:
        check_image(where, config.image, config.signature)
    return config


def _trains(project: Project, config: ModelConfig) -> None:
    """TrainingError for a model of kind onnx without a train.py, which is complete without one."""
    folder = project.folder(config.name)
    if config.kind == "onnx" and not (folder / TRAIN_NAME).is_file():
        hint = f"Run `pilotlight import FILE.onnx --name {config.name}`, or write {TRAIN_NAME}."
        raise TrainingError(str(folder / CONFIG_NAME), f"has kind onnx, and there is no {TRAIN_NAME} beside it", hint)


def run_of(folder: Path, config: ModelConfig, options: Options, progress: Progress, fetch: Fetch | None) -> Run:
    """The settings: what the person gave, else model.toml. A path in model.toml counts from the model's folder."""
    defaults = config.training
    source = defaults.data
    if not source.startswith("s3://") and (
        source.endswith((".npz", ".csv")) or (source and (folder / source).is_dir())
    ):
        source = str(folder / source)
    labels = config.labels.names if config.labels else ()
    settings = (defaults.epochs, defaults.batch_size, defaults.learning_rate, defaults.seed)
    kept = ("checkpoint_minutes", "precision", "deterministic")
    run = Run(source, *settings, progress, fetch, labels, **{field: getattr(defaults, field) for field in kept})
    given: Mapping[str, Any] = {
        "source": options.data,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
        "seed": options.seed,
    }
    return replace(run, **{field: value for field, value in given.items() if value is not None})
