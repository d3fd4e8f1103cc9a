"""Train a model on AWS Batch: from the request to a pinned version."""

from __future__ import annotations

from dataclasses import dataclass

from pilotlight.batch import RunRecord, RunResult, format_duration, read_result, read_run
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.workflows.context import Context
from pilotlight.workflows.follow_job import follow_job
from pilotlight.workflows.submit_run import identify_batch_run, submit_run
from pilotlight.workflows.types import TrainRequest


@dataclass(frozen=True)
class BatchResult:
    """What became of a run on AWS Batch.

    Attributes:
        run: The run's name.
        model: The model's name.
        job: The id of its job; "" where none was needed.
        result: What the run made; None where nobody waited for its end.
        record: What the store holds of the run; None where nobody waited.
        pinned: Whether the version is pinned.
    """

    run: str
    model: str
    job: str
    result: RunResult | None = None
    record: RunRecord | None = None
    pinned: bool = False


def train_on_batch(
    request: TrainRequest, context: Context, *, nodes: bool = False, detach: bool = False
) -> BatchResult:
    """Submit a run, follow it, and pin what it made. A run that is finished or under way is not submitted again.

    Args:
        request: Which model, and with which options.
        context: The project, its store, AWS, and where to report.
        nodes: Whether the run is spread over several instances.
        detach: Whether to return once the run is submitted.

    Raises:
        UserError: The request is wrong, AWS refuses it, or the run failed.
        RunDetached: Someone pressed Ctrl-C; the run goes on.
    """
    run = identify_batch_run(request, context, nodes=nodes)

    job, result = "", read_result(context.blobs, run.id)
    if result is not None:
        saved = describe_saving(read_run(context.blobs, run.id))
        context.progress.note(f"run {run.id} is finished: same code, data and settings. That saves {saved}")
    else:
        job = submit_run(run, context)
        if detach:
            return BatchResult(run.id, request.name, job)
        result = follow_job(run.cloud, run.id, job, context, log_group=run.settings.log_group)

    _, digest = context.store.manifest(request.name, result.version)
    write_lock(context.project.folder(request.name) / LOCK_NAME, Lock(result.version, digest))
    return BatchResult(run.id, request.name, job, result, read_run(context.blobs, run.id), pinned=True)


def describe_saving(record: RunRecord) -> str:
    """Say what finding a finished run saves."""
    took = format_duration(record.result.seconds) if record.result else "its time"
    return f"{took}{describe_spending(record)}"


def describe_spending(record: RunRecord) -> str:
    """Say what a run has cost, after a comma; "" where nobody watched it to its end."""
    return "" if record.spent is None else f", {record.spent}"
