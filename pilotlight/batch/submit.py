"""Submitting a run, once: a run that is finished, under way or being submitted is found instead of paid for again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pilotlight.batch.claims import Claims, iso
from pilotlight.batch.definition import job_request, revision_for
from pilotlight.batch.jobs import Job, read_job
from pilotlight.batch.protocol import Clock, Description, Engine, RunFiles
from pilotlight.batch.records import read_jobs, write
from pilotlight.core.errors import RunError, UserError
from pilotlight.core.run_files import JOBS, RUN_NAME, run_key


@dataclass(frozen=True)
class Order:
    """What is to run. image: with its tag. arguments: of `python -m pilotlight.training`, --run among them.

    facts: for run.json, what the run was made of.
    """

    run: str
    model: str
    queue: str
    pattern: Description
    image: str
    arguments: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def job_name(self) -> str:
        return job_name(self.model, self.run)


class Submitted(NamedTuple):
    """job: its id. new: False where it was under way already."""

    job: str
    new: bool


def job_name(model: str, run: str) -> str:
    """How the jobs of a run are called in the queue."""
    return f"{model}-{run}"


def live_job(engine: Engine, files: RunFiles, run: str, *, queue: str, model: str) -> Job | None:
    """The newest job of `run` that has not ended, from the store's records and from the queue; None where none is."""
    recorded = [str(job["job"]) for job in read_jobs(files, run) if job.get("job")]
    ids = dict.fromkeys([*recorded, *engine.named(queue, job_name(model, run))])
    alive = [job for job in _jobs(engine, ids) if not job.ended]
    return max(alive, key=lambda job: job.created or 0.0, default=None)


def submit(order: Order, engine: Engine, files: RunFiles, claims: Claims, clock: Clock) -> Submitted:
    """Submits `order` unless a job of its run is under way; RunError where Batch refuses.

    Where another submitter is at work, its job is waited for.
    """
    while True:
        alive = live_job(engine, files, order.run, queue=order.queue, model=order.model)
        if alive is not None:
            return Submitted(alive.id, new=False)
        number = claims.take()
        if number is not None:
            break
    try:
        # Looked at once more: the job of a submitter that was slower to be listed than its claim was to grow old.
        alive = live_job(engine, files, order.run, queue=order.queue, model=order.model)
        if alive is not None:
            claims.give_up(number)
            return Submitted(alive.id, new=False)
        return Submitted(_submit(order, engine, files, claims, number, clock), new=True)
    except UserError:
        claims.give_up(number)
        raise


def _submit(order: Order, engine: Engine, files: RunFiles, claims: Claims, number: int, clock: Clock) -> str:
    revision = revision_for(engine, order.pattern, order.image)
    what = {"run": order.run, "model": order.model, "queue": order.queue, "image": order.image}
    asked = {**what, **order.facts, "submitted": iso(clock())}
    write(files, run_key(order.run, RUN_NAME), asked)
    if not claims.fresh(number):
        hint = "Run the command again: it finds a job that was submitted meanwhile."
        raise RunError(f"run {order.run} of {order.model}", "submitting took too long, so nothing was submitted", hint)
    request = job_request(
        order.pattern, revision=revision, queue=order.queue, name=order.job_name, arguments=order.arguments
    )
    job = engine.submit(request)
    record = {"job": job, "claim": number, "queue": order.queue, "definition": revision, "submitted": iso(clock())}
    write(files, run_key(order.run, f"{JOBS}/{job}.json"), record)
    return job


def _jobs(engine: Engine, ids: Iterable[str]) -> list[Job]:
    wanted = list(ids)
    return [read_job(job) for job in engine.jobs(wanted)] if wanted else []
