"""Submits a run to AWS Batch: its identity, its estimated cost, and the one job that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pilotlight.batch import (
    Claims,
    JobQueue,
    JobSpec,
    check_data_in_s3,
    check_store,
    check_submission,
    compute_run_id,
    describe_estimate,
    find_active_job,
    identify_data,
    read_base_definition,
    read_last_duration,
    read_prices,
    read_queue,
    read_requirements,
    read_stack_settings,
    submit_job,
)
from pilotlight.core.errors import RunError, TrainingError
from pilotlight.core.model_config import CONFIG_NAME, ModelConfig
from pilotlight.core.options import check_options, format_arguments
from pilotlight.core.stack import read_stack_name
from pilotlight.core.store_location import S3Location, StoreLocation
from pilotlight.training.train_module import TRAIN_NAME
from pilotlight.workflows.batch_types import BatchRun
from pilotlight.workflows.context import Context
from pilotlight.workflows.preconditions import check_seeds
from pilotlight.workflows.prepare_run import check_model, resolve_data_source
from pilotlight.workflows.types import TrainRequest


def identify_batch_run(request: TrainRequest, context: Context, *, nodes: bool) -> BatchRun:
    """Check the request and return its run. Nothing is submitted and nothing is paid.

    Args:
        request: Which model, and with which options.
        context: The project, its store and AWS.
        nodes: Whether the run is spread over several instances.

    Raises:
        ProjectError: model.toml or an option is wrong.
        TrainingError: There is no train.py.
        DataError: The data are missing, or on this machine.
        RunError: The store is a folder, or the stack has no training.
    """
    config = _check_trainable(request, context)
    store = _require_store_in_s3(context.project.store_location)
    options = check_options(request.options)
    source = resolve_data_source(context, config, options)
    check_data_in_s3(source, str(options.get("data", config.training.data)), store.bucket)
    cloud = context.connect()
    settings = read_stack_settings(cloud.stacks, read_stack_name(context.project.root), cloud.region, nodes=nodes)
    data = identify_data(source, cloud.objects)
    tag = context.compute_image_tag(context.project.root)
    resolved = _resolve(config, options) | ({"nodes": "several"} if nodes else {})
    name = compute_run_id(config.name, tag, resolved, data)
    return BatchRun(name, config, options, cloud, settings, tag, data, resolved)


def submit_run(run: BatchRun, context: Context) -> str:
    """Submit a run after the checks and the estimate, unless one of its jobs is active.

    Args:
        run: The run.
        context: The project, its store, and where to report.

    Returns:
        The ID of the job.
    """
    batch, progress = run.cloud.batch, context.progress
    queue = read_queue(batch, run.settings.queue, run.cloud.region)
    active = find_active_job(batch, context.blobs, run.id, queue=queue.name, model=run.config.name)
    if active is not None:
        progress.note(f"run {run.id} is active as job {active.id}, so it is not submitted again")
        return active.id
    spec = _build_spec(run, queue, context)
    _show_estimate(run, queue, spec, context)
    claims = Claims(context.blobs, run.id, by=context.user, clock=context.seconds, sleep=context.sleep)
    found = submit_job(spec, batch, context.blobs, claims, context.seconds)
    state = "submitted" if found.new else "already active"
    progress.note(f"run {run.id} is {state}: job {found.job} in {queue.name}")
    return found.job


def _build_spec(run: BatchRun, queue: JobQueue, context: Context) -> JobSpec:
    base = read_base_definition(run.cloud.batch, run.settings.definition)
    check_store(base, str(context.project.store_location))
    quotas = check_submission(run.cloud, run.settings, queue, run.tag, read_requirements(base).vcpus)
    if quotas.note:
        context.progress.note(quotas.note)
    arguments = (run.config.name, *format_arguments(run.options), "--run", run.id)
    facts = {"data": dict(run.data), "settings": dict(run.resolved), "arguments": list(arguments)}
    image = f"{run.settings.repository}:{run.tag}"
    return JobSpec(run.id, run.config.name, queue.name, base, image, arguments, facts)


def _show_estimate(run: BatchRun, queue: JobQueue, spec: JobSpec, context: Context) -> None:
    context.progress.stage("estimate")
    prices = read_prices(run.cloud.prices, run.cloud.instances, queue.environments, read_requirements(spec.base))
    lines = describe_estimate(
        prices,
        last_duration=read_last_duration(context.blobs, run.config.name),
        timeout=(spec.base.get("timeout") or {}).get("attemptDurationSeconds"),
        attempts=int((spec.base.get("retryStrategy") or {}).get("attempts", 1)),
        nodes=int((spec.base.get("nodeProperties") or {}).get("numNodes", 1)),
    )
    for line in lines:
        context.progress.note(line)


def _check_trainable(request: TrainRequest, context: Context) -> ModelConfig:
    """Check the configuration, as far as this is possible before a container has started, and return it."""
    config = check_model(context, request.name)
    check_options(request.options)
    folder = context.project.folder(request.name)
    check_seeds(config, request.seeds, str(folder / CONFIG_NAME))
    script = folder / TRAIN_NAME
    if not script.is_file():
        raise TrainingError(str(script), "does not exist", "`pilotlight new` shows a small one; nothing was submitted.")
    return config


def _require_store_in_s3(store: StoreLocation) -> S3Location:
    if isinstance(store, S3Location):
        return store
    raise RunError(
        f"store {store}",
        "is a folder on this machine, where a container of AWS Batch cannot publish",
        'Set PILOTLIGHT_STORE=s3://bucket/prefix, or store = "s3://bucket/prefix" in pilotlight.toml.',
    )


def _resolve(config: ModelConfig, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting of the run, given or from model.toml. The data have an identity of their own."""
    settings = {**asdict(config.training), "seeds": 1, **options}
    return {name: value for name, value in settings.items() if name != "data"}
