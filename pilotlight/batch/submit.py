"""Submits a run once: a run that is finished, active or being submitted is found instead of paid for again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pilotlight.batch.claims import Claims, format_timestamp
from pilotlight.batch.job_definition import build_job_request, ensure_revision
from pilotlight.batch.jobs import Job, read_job
from pilotlight.batch.protocol import BatchService, Description, EpochClock, RunFiles
from pilotlight.batch.record_files import write_record
from pilotlight.batch.records import read_jobs
from pilotlight.core.errors import RunError, UserError
from pilotlight.core.run_files import JOBS, RUN_NAME, run_key


@dataclass(frozen=True)
class JobSpec:
    """What to submit.

    Attributes:
        run: The run's id.
        model: The model's name.
        queue: The job queue's name.
        base: The stack's job definition.
        image: The image with its tag.
        arguments: The arguments of `python -m pilotlight.training`, --run among them.
        facts: What the run consists of, for run.json.
    """

    run: str
    model: str
    queue: str
    base: Description
    image: str
    arguments: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def job_name(self) -> str:
        """The name of the run's jobs in the queue."""
        return format_job_name(self.model, self.run)


class Submission(NamedTuple):
    """The id of a run's job, and whether it is new. An active job is not new."""

    job: str
    new: bool


def format_job_name(model: str, run: str) -> str:
    """Return the name of a run's jobs in the queue."""
    return f"{model}-{run}"


def find_active_job(batch: BatchService, files: RunFiles, run: str, *, queue: str, model: str) -> Job | None:
    """Return the newest job of a run that has not ended; None where there is none.

    Args:
        batch: AWS Batch.
        files: The store's blobs, whose records name the run's jobs.
        run: The run's id.
        queue: The job queue's name, where a job without a record is found by its name.
        model: The model's name.
    """
    recorded = [str(job["job"]) for job in read_jobs(files, run) if job.get("job")]
    ids = dict.fromkeys([*recorded, *batch.list_jobs(queue, format_job_name(model, run))])
    active = [job for job in _read_jobs(batch, ids) if not job.ended]
    return max(active, key=lambda job: job.created or 0.0, default=None)


def submit_job(spec: JobSpec, batch: BatchService, files: RunFiles, claims: Claims, clock: EpochClock) -> Submission:
    """Submit a job unless one of its run is active. Where another submitter is at work, wait for its job.

    Args:
        spec: What to submit.
        batch: AWS Batch.
        files: The store's blobs, where the submission is recorded.
        claims: The claims to the run.
        clock: The present time.

    Raises:
        RunError: AWS Batch refuses the job, or submitting took longer than a claim lasts.
    """
    while True:
        active = find_active_job(batch, files, spec.run, queue=spec.queue, model=spec.model)
        if active is not None:
            return Submission(active.id, new=False)
        number = claims.take()
        if number is not None:
            break
    try:
        # Once more, since a slow submitter's job may be listed only after its claim has expired.
        active = find_active_job(batch, files, spec.run, queue=spec.queue, model=spec.model)
        if active is not None:
            claims.release(number)
            return Submission(active.id, new=False)
        return Submission(_submit_claimed(spec, batch, files, claims, number, clock), new=True)
    except UserError:
        claims.release(number)
        raise


def _submit_claimed(
    spec: JobSpec, batch: BatchService, files: RunFiles, claims: Claims, number: int, clock: EpochClock
) -> str:
    revision = ensure_revision(batch, spec.base, spec.image)
    what = {"run": spec.run, "model": spec.model, "queue": spec.queue, "image": spec.image}
    run_record = {**what, **spec.facts, "submitted": format_timestamp(clock())}
    write_record(files, run_key(spec.run, RUN_NAME), run_record)
    if not claims.is_fresh(number):
        hint = "Run the command again: it finds a job that was submitted meanwhile."
        raise RunError(f"run {spec.run} of {spec.model}", "submitting took too long, so nothing was submitted", hint)
    request = build_job_request(
        spec.base, revision=revision, queue=spec.queue, name=spec.job_name, arguments=spec.arguments
    )
    job = batch.submit_job(request)
    submitted = format_timestamp(clock())
    record = {"job": job, "claim": number, "queue": spec.queue, "definition": revision, "submitted": submitted}
    write_record(files, run_key(spec.run, f"{JOBS}/{job}.json"), record)
    return job


def _read_jobs(batch: BatchService, ids: Iterable[str]) -> list[Job]:
    listed = list(ids)
    return [read_job(job) for job in batch.describe_jobs(listed)] if listed else []
