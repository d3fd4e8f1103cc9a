"""Submitted runs on AWS Batch: lists them, watches one, cancels one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from pilotlight.batch import (
    CANCEL_REASON,
    SUCCEEDED,
    Cloud,
    Job,
    RunRecord,
    find_active_job,
    list_run_ids,
    read_job,
    read_run,
    read_runs,
)
from pilotlight.core.errors import RunError
from pilotlight.core.run_files import CHECKPOINTS, run_key
from pilotlight.workflows.batch_types import BatchResult, CancelledRun, RunState
from pilotlight.workflows.context import Context
from pilotlight.workflows.follow_job import follow_job


def list_runs(context: Context) -> list[RunState]:
    """Return every run in the store, the newest first, with the state of its jobs on AWS Batch.

    Args:
        context: The project, its store and AWS.
    """
    records = list(read_runs(context.blobs))
    ids = [str(job["job"]) for record in records for job in record.jobs if job.get("job")]
    known = {job["jobId"]: read_job(job) for job in context.connect().batch.describe_jobs(ids)} if ids else {}
    return [_read_state(record, known) for record in records]


def watch_run(run: str, context: Context) -> BatchResult:
    """Follow the newest job of a run to its end, and return its result.

    Args:
        run: The name of the run.
        context: The project, its store, AWS, and where to report.

    Raises:
        RunError: The run does not exist, failed, or was never submitted.
        RunDetached: A person pressed Ctrl-C; the run continues.
    """
    record = find_run(run, context)
    job, result = _newest_job(record.jobs), record.result
    cloud = context.connect() if job or record.queue else None
    if cloud is not None and result is None:
        active = _find_active_job(record, cloud, context)
        job = active.id if active is not None else job
    if cloud is not None and job and cloud.batch.describe_jobs([job]):
        result = follow_job(cloud, run, job, context)
    if result is None:
        what = "was never submitted" if not job else "has no result, and AWS Batch no longer knows its job"
        raise RunError(f"run {run} of {record.model}", what, "Run the same `pilotlight train` again.")
    return BatchResult(run, result.model, job, result, read_run(context.blobs, run))


def cancel_run(run: str, context: Context) -> CancelledRun:
    """Terminate the job of a run in any state. Its checkpoints are kept.

    Args:
        run: The name of the run.
        context: The project, its store and AWS.

    Raises:
        RunError: The run does not exist, or has no active job.
    """
    record = find_run(run, context)
    cloud = context.connect()
    active = _find_active_job(record, cloud, context)
    if active is None:
        what = "is finished" if record.result else "has no active job"
        raise RunError(f"run {run} of {record.model}", what, "`pilotlight runs` lists all runs.")
    cloud.batch.terminate_job(active.id, CANCEL_REASON)
    return CancelledRun(run, record.model, active.id, f"{context.blobs.location}/{run_key(run, CHECKPOINTS)}/")


def find_run(run: str, context: Context) -> RunRecord:
    """Find a run in the store.

    Args:
        run: The name of the run.
        context: The project and its store.

    Raises:
        RunError: The run does not exist. The message suggests a similar name.
    """
    names = list_run_ids(context.blobs)
    if run in names:
        return read_run(context.blobs, run)
    near = difflib.get_close_matches(run, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`pilotlight runs` lists all runs."
    raise RunError(f"run {run!r}", f"is not in the store {context.blobs.location}", hint)


def _find_active_job(record: RunRecord, cloud: Cloud, context: Context) -> Job | None:
    """Return the active job of a run. The job's name finds one whose submitter was killed before it wrote a record."""
    if not record.queue:
        return None
    return find_active_job(cloud.batch, context.blobs, record.run, queue=record.queue, model=record.model)


def _newest_job(jobs: Iterable[Mapping[str, object]]) -> str:
    return next((str(job["job"]) for job in reversed(list(jobs)) if job.get("job")), "")


def _read_state(record: RunRecord, known: Mapping[str, Job]) -> RunState:
    if record.damaged:
        return RunState(record, "damaged", None)
    jobs = [known[str(job["job"])] for job in record.jobs if str(job.get("job")) in known]
    seconds = sum(attempt.duration for job in jobs for attempt in job.all_attempts) if jobs else None
    if record.result is not None:
        return RunState(record, "succeeded", seconds if jobs else record.result.seconds)
    return RunState(record, _describe_state(record, jobs), seconds)


def _describe_state(record: RunRecord, jobs: list[Job]) -> str:
    if not record.jobs:
        return "not submitted"
    if not jobs:
        return "unknown: Batch has forgotten it"
    last = jobs[-1]
    if not last.ended:
        return last.status.lower()
    if last.status == SUCCEEDED:
        return "without a result"
    return "cancelled" if CANCEL_REASON in last.reason else "failed"
