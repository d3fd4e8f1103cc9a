"""Prepares a training: resolves the settings, finds mistakes before the fit, and lets the nodes of a job meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pilotlight.core.data_source import DataSource, SourceKind, parse_data_source
from pilotlight.core.errors import TrainingError
from pilotlight.core.model_config import CONFIG_NAME, ModelConfig
from pilotlight.core.option import list_options
from pilotlight.core.options import TrainingSettings, check_options
from pilotlight.core.run_files import run_key
from pilotlight.training.data.built_in import BUILT_IN
from pilotlight.training.keras.backend import backend
from pilotlight.training.keras.devices import Devices
from pilotlight.training.nodes import Node, meet, own_address
from pilotlight.training.run import Run
from pilotlight.training.train_module import TRAIN_NAME
from pilotlight.verification.metrics import check_metric
from pilotlight.workflows.context import Context
from pilotlight.workflows.preconditions import check_image, check_run_name, check_seeds
from pilotlight.workflows.run_storage import PreparedRun, RunStorage, identify_run
from pilotlight.workflows.types import TrainRequest


def prepare_run(request: TrainRequest, context: Context, node: Node | None) -> PreparedRun:
    """Check the model and the request, and prepare the run. Nodes of one job wait for one another here.

    Args:
        request: The model and its options.
        context: The project, its store, and where to report.
        node: This node of a job; None for one machine.

    Returns:
        Everything that a fit needs.

    Raises:
        ProjectError: model.toml or an option is wrong.
        TrainingError: There is nothing to train, or the other nodes are missing.
    """
    config = check_model(context, request.name)
    check_options(request.options)
    folder = context.project.folder(request.name)
    _check_train_module(context, config)
    check_seeds(config, request.seeds, str(folder / CONFIG_NAME))
    run = resolve_run(context, config, request.options)
    computes = backend() if config.kind == "keras" else ""
    name = (
        check_run_name(request.run)
        if request.run
        else identify_run(context.project, request.name, run, request.seeds, computes)
    )
    storage = RunStorage(context.store.open_prefix(run_key(name)))
    cluster = None
    if node is not None:
        context.progress.note(f"node {node.index} of {node.count}: waiting for the others")
        cluster = meet(node, storage.nodes, own_address(node))
    hardware = Devices(config.training.devices, cluster)
    run = replace(run, checkpoints=storage.checkpoints, stop=context.stop, hardware=hardware)
    return PreparedRun(config, run, storage, name)


def check_model(context: Context, name: str) -> ModelConfig:
    """Check the configuration of a model, as far as this is possible before the fit.

    Args:
        context: The project, and where to report notes.
        name: The model.

    Returns:
        The configuration.

    Raises:
        ProjectError: The model does not exist, or its model.toml is wrong.
    """
    config = context.project.read_config(name)
    where = str(context.project.folder(name) / CONFIG_NAME)
    for note in config.notes:
        context.progress.note(f"{where}: {note}")
    check_metric(config.training.metric, where)
    if config.signature is not None:
        check_image(where, config.image, config.signature)
    return config


def resolve_run(context: Context, config: ModelConfig, options: Mapping[str, Any]) -> Run:
    """Resolve the settings of a run: given options take precedence over model.toml.

    Args:
        context: The project, and where to report.
        config: The configuration of the model.
        options: The given options by name. A relative path counts from the current folder, one in model.toml from the
            model's folder.

    Raises:
        ProjectError: An option is wrong.
    """
    settings = resolve_settings(config, options)
    source = resolve_data_source(context, config, options)
    labels = config.labels[0].names if len(config.labels) == 1 else ()
    fields = asdict(settings) | {"data": source.text}
    return Run(**fields, progress=context.progress, fetch=context.download, labels=labels, data_source=source)


def resolve_settings(config: ModelConfig, options: Mapping[str, Any]) -> TrainingSettings:
    """Return the training settings: given options take precedence over model.toml.

    Args:
        config: The configuration of the model.
        options: The given options by name.

    Raises:
        ProjectError: An option is wrong.
    """
    known = {each.name for each in list_options(TrainingSettings)}
    given = check_options(options)
    return replace(config.training, **{name: value for name, value in given.items() if name in known})


def resolve_data_source(context: Context, config: ModelConfig, options: Mapping[str, Any]) -> DataSource:
    """Return the parsed data source of a run.

    Args:
        context: The project and the current folder.
        config: The configuration of the model.
        options: The given options by name.
    """
    given = options.get("data")
    if given is not None:
        return parse_data_source(str(given), context.cwd, BUILT_IN)
    source = parse_data_source(config.training.data, context.project.folder(config.name), BUILT_IN)
    if source.path is None or not (source.kind is SourceKind.FOLDER or source.suffix in (".npz", ".csv")):
        return source  # train.py reads it, and may count from where it likes
    return replace(source, text=str(source.path))


def _check_train_module(context: Context, config: ModelConfig) -> None:
    """Raise TrainingError where a model of kind onnx has no train.py. Such a model can be complete without one."""
    folder = context.project.folder(config.name)
    if config.kind == "onnx" and not (folder / TRAIN_NAME).is_file():
        hint = f"Run `pilotlight import FILE.onnx --name {config.name}`, or write {TRAIN_NAME}."
        raise TrainingError(str(folder / CONFIG_NAME), f"has kind onnx, and there is no {TRAIN_NAME} beside it", hint)
