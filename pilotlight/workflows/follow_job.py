"""Follows a job on AWS Batch to its end: its log, its cost, and its result."""

from __future__ import annotations

from pilotlight.batch import (
    DEFAULT_LOG_GROUP,
    SUCCEEDED,
    Cloud,
    EndedJob,
    JobNotFound,
    JobWatcher,
    RunCost,
    RunResult,
    build_failure_error,
    build_missing_result_error,
    compute_cost,
    read_prices,
    read_queue,
    read_result,
    record_cost,
)
from pilotlight.core.errors import RunError
from pilotlight.workflows.context import Context


class RunDetached(Exception):
    """A person pressed Ctrl-C while a run was followed. The run continues.

    Attributes:
        run: The name of the run.
    """

    def __init__(self, run: str) -> None:
        super().__init__(f"Detached; the run continues. {describe_reattach(run)}")
        self.run = run


def describe_reattach(run: str) -> str:
    """Say how a person watches or ends a run later.

    Args:
        run: The name of the run.
    """
    return f"Watch it with `pilotlight runs watch {run}`, end it with `pilotlight runs cancel {run}`."


def follow_job(cloud: Cloud, run: str, job: str, context: Context, *, log_group: str = DEFAULT_LOG_GROUP) -> RunResult:
    """Watch a job to its end, and return the result of its run.

    Args:
        cloud: The AWS services.
        run: The name of the run.
        job: The ID of the job.
        context: The store, and where to report.
        log_group: The log group of the job.

    Raises:
        RunError: The job failed, or cannot be watched.
        RunDetached: A person pressed Ctrl-C; the job continues.
    """
    watcher = JobWatcher(cloud, context.progress, log_group=log_group, clock=context.seconds, sleep=context.sleep)
    try:
        ended = watcher.watch(job)
    except KeyboardInterrupt:
        raise RunDetached(run) from None
    except JobNotFound:
        raise
    except RunError as error:  # expired credentials or a lost network do not affect the job
        hint = f"{error.hint} The run itself continues. {describe_reattach(run)}"
        raise RunError(error.where, error.what, hint) from error
    cost = _compute_cost(cloud, ended)
    context.progress.note(_describe_cost(cost))
    if cost.spent is not None:
        record_cost(context.blobs, run, job, cost.spent)
    return _read_result(context, run, ended)


def _describe_cost(cost: RunCost) -> str:
    return f"cost: {cost.spent}, {cost.note}" if cost.spent is not None else f"cost: unknown; {cost.note}"


def _compute_cost(cloud: Cloud, ended: EndedJob) -> RunCost:
    job, instances = ended.job, ended.instances
    try:
        environments = read_queue(cloud.batch, job.queue, cloud.region).environments
    except RunError:  # the queue was deleted; the known instances still have prices
        environments = ()
    prices = read_prices(cloud.prices, cloud.instances, environments, job.requirements, instances.values())
    return compute_cost(job, instances, prices)


def _read_result(context: Context, run: str, ended: EndedJob) -> RunResult:
    job = ended.job
    model = job.name.removesuffix(f"-{run}")
    if job.status != SUCCEEDED:
        raise build_failure_error(job, ended.error, model, run)
    result = read_result(context.blobs, run)
    if result is None:
        raise build_missing_result_error(job, model, run)
    return result
