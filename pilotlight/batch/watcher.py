"""Follows a job until it ends: its states, its log, its attempts, and why it waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pilotlight.batch.failures import describe_retry
from pilotlight.batch.instances import Instance, read_instance
from pilotlight.batch.jobs import PENDING, RUNNABLE, RUNNING, STARTING, SUBMITTED, Attempt, Job, read_job
from pilotlight.batch.log_stream import LogFollower
from pilotlight.batch.protocol import Cloud, EpochClock, Sleep
from pilotlight.batch.stack_settings import DEFAULT_LOG_GROUP
from pilotlight.batch.wait_watcher import WaitWatcher
from pilotlight.core.errors import RunError
from pilotlight.core.progress import Progress

POLL_SECONDS: Final = 3.0
_DRAINS: Final = 5
"""How often the log is read again after the job has ended: CloudWatch has the last lines some seconds later."""

_STATES: Final = {
    SUBMITTED: "submitted",
    PENDING: "accepted",
    RUNNABLE: "in the queue",
    STARTING: "an instance is ready; the image is being pulled",
    RUNNING: "running",
}


class EndedJob(NamedTuple):
    """A job that has ended.

    Attributes:
        job: The job in its last state.
        error: The text of its last container's `error` event; "" where there is none.
        instances: The known instances, by the ARN of their ECS container instance.
    """

    job: Job
    error: str
    instances: Mapping[str, Instance]


class JobNotFound(RunError):
    """AWS Batch no longer knows the job."""


class JobWatcher:
    """Shows a job on `progress` until it ends.

    Args:
        cloud: AWS.
        progress: Where states, reasons and log lines are shown.
        clock: The present time.
        sleep: Waits between two looks at the job.
        log_group: The log group of the stack.
    """

    def __init__(
        self,
        cloud: Cloud,
        progress: Progress,
        *,
        clock: EpochClock,
        sleep: Sleep,
        log_group: str = DEFAULT_LOG_GROUP,
    ) -> None:
        self._cloud = cloud
        self._progress = progress
        self._log_group = log_group
        self._sleep = sleep
        self._wait = WaitWatcher(cloud, progress, clock)
        self._instances: dict[str, Instance] = {}
        self._status = ""
        self._attempts = 0

    def watch(self, job_id: str) -> EndedJob:
        """Return once the job has succeeded or failed.

        Raises:
            JobNotFound: AWS Batch no longer knows the job.
            RunError: AWS refuses a request.
        """
        follower: LogFollower | None = None
        while True:
            job = self._read_job(job_id)
            follower = follower or self._make_follower(job)
            self._show(job, follower)
            if job.ended:
                self._drain(job, follower)
                return EndedJob(job, follower.error, self._instances)
            self._sleep(POLL_SECONDS)

    def _read_job(self, job_id: str) -> Job:
        found = self._cloud.batch.describe_jobs([job_id])
        if not found:
            hint = "AWS Batch forgets jobs some days after their end; `pilotlight runs` shows what the store holds."
            raise JobNotFound(f"job {job_id}", "is not known to AWS Batch", hint)
        job = read_job(found[0])
        if not job.main_node:
            return job
        main = self._cloud.batch.describe_jobs([job.main_node])  # a multi-node job's containers are under ID#NODE
        if not main:
            return job
        node = read_job(main[0])
        return job._replace(container=node.container, attempts=job.attempts or node.attempts)

    def _make_follower(self, job: Job) -> LogFollower:
        groups = (*job.log_groups, self._log_group, DEFAULT_LOG_GROUP)
        return LogFollower(self._cloud.logs, groups, self._progress)

    def _show(self, job: Job, follower: LogFollower) -> None:
        for number, attempt in self._take_ended_attempts(job):
            follower.show(attempt.stream)
            if not job.ended:
                self._progress.stage(describe_retry(attempt, number, job.max_attempts))
        if job.status != self._status:
            self._status = job.status
            self._wait.restart()
            if job.status in _STATES:
                self._progress.stage(f"{_STATES[job.status]} ({job.status})")
        if job.status == RUNNABLE:
            self._wait.show(job)
        elif job.status in (STARTING, RUNNING):
            self._remember_instance(job.container)
            if job.status == RUNNING:
                follower.show(job.container.stream)

    def _take_ended_attempts(self, job: Job) -> Iterator[tuple[int, Attempt]]:
        for attempt in job.attempts[self._attempts :]:
            self._attempts += 1
            self._remember_instance(attempt)
            yield self._attempts, attempt

    def _remember_instance(self, attempt: Attempt) -> None:
        """Read the instance while it exists: once it is gone, EC2 no longer says what it was."""
        arn = attempt.container_instance
        if arn and arn not in self._instances:
            try:
                found = self._cloud.instances.describe_instance(arn)
            except RunError:
                return  # the cost is then shown as a range
            if found is not None:
                self._instances[arn] = read_instance(found)
                self._progress.note(f"on {self._instances[arn]}")

    def _drain(self, job: Job, follower: LogFollower) -> None:
        stream = job.last_attempt.stream or job.container.stream
        for drain in range(_DRAINS):
            follower.show(stream)
            if follower.ended or not stream:
                return
            if drain < _DRAINS - 1:
                self._sleep(POLL_SECONDS)
