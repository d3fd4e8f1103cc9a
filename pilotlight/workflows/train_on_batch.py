"""Trains a model on AWS Batch: from the request to a pinned version."""

from __future__ import annotations

from pilotlight.batch import RunRecord, format_duration, read_result, read_run
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.workflows.batch_types import BatchResult
from pilotlight.workflows.context import Context
from pilotlight.workflows.follow_job import follow_job
from pilotlight.workflows.submit_run import identify_batch_run, submit_run
from pilotlight.workflows.types import TrainRequest


def train_on_batch(
    request: TrainRequest, context: Context, *, nodes: bool = False, detach: bool = False
) -> BatchResult:
    """Submit a run, follow it, and pin the version that it publishes.

    A run that has finished or is active is not submitted again.

    Args:
        request: The model and its options.
        context: The project, its store, AWS, and where to report.
        nodes: Whether several instances train together.
        detach: Whether to return as soon as the run is submitted.

    Returns:
        The outcome of the run.

    Raises:
        UserError: The request is wrong, AWS rejects it, or the run failed.
        RunDetached: A person pressed Ctrl-C; the run continues.
    """
    run = identify_batch_run(request, context, nodes=nodes)

    job, result = "", read_result(context.blobs, run.id)
    if result is not None:
        saved = describe_savings(read_run(context.blobs, run.id))
        context.progress.note(f"run {run.id} is finished: same code, data and settings. That saves {saved}")
    else:
        job = submit_run(run, context)
        if detach:
            return BatchResult(run.id, request.name, job)
        result = follow_job(run.cloud, run.id, job, context, log_group=run.settings.log_group)

    _, digest = context.store.read_manifest(request.name, result.version)
    write_lock(context.project.folder(request.name) / LOCK_NAME, Lock(result.version, digest))
    return BatchResult(run.id, request.name, job, result, read_run(context.blobs, run.id), pinned=True)


def describe_savings(record: RunRecord) -> str:
    """Say how much time and money a finished run saves."""
    took = format_duration(record.result.seconds) if record.result else "its time"
    return f"{took}{describe_cost(record)}"


def describe_cost(record: RunRecord) -> str:
    """Return the cost of a run after a comma; "" where no client watched it to its end."""
    return "" if record.spent is None else f", {record.spent}"
