"""Watching a job until it ends: its states and why it waits, its log, its attempts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pilotlight.batch.checks import read_vcpus
from pilotlight.batch.endings import attempt_ended
from pilotlight.batch.follow import Follower
from pilotlight.batch.jobs import PENDING, RUNNABLE, RUNNING, STARTING, SUBMITTED, Attempt, Job, read_job
from pilotlight.batch.machines import Machine, read_machine
from pilotlight.batch.protocol import Clock, Cloud, Sleep
from pilotlight.batch.queues import Queue, read_queue
from pilotlight.batch.settings import DEFAULT_LOG_GROUP
from pilotlight.batch.waiting import why_waiting
from pilotlight.core.errors import RunError
from pilotlight.core.progress import Progress

POLL_SECONDS: Final = 3.0
_QUEUE_SECONDS: Final = 30.0
_DRAINS: Final = 5
"""How often the log is read again after the job has ended: CloudWatch has the last lines some seconds later."""

_STATES: Final = {
    SUBMITTED: "submitted",
    PENDING: "accepted",
    RUNNABLE: "in the queue",
    STARTING: "an instance is there; the image is being pulled",
    RUNNING: "running",
}


class Watched(NamedTuple):
    """A job that has ended. error: the text of its last container's error event. machines: by container instance."""

    job: Job
    error: str
    machines: Mapping[str, Machine]


class JobGone(RunError):
    """AWS Batch no longer knows the job."""


class Watcher:
    """Shows a job on `display` until it ends. log_group: where the stack has its logs."""

    def __init__(
        self,
        cloud: Cloud,
        display: Progress,
        *,
        clock: Clock,
        sleep: Sleep,
        log_group: str = DEFAULT_LOG_GROUP,
    ) -> None:
        self._cloud = cloud
        self._display = display
        self._log_group = log_group
        self._clock = clock
        self._sleep = sleep
        self._queue: Queue | None = None
        self._quotas: Mapping[str, float] = {}
        self._looked = 0.0
        self._machines: dict[str, Machine] = {}
        self._state = ""
        self._why = ""
        self._since = 0.0
        self._attempts = 0

    def watch(self, job_id: str) -> Watched:
        """Returns once the job has ended, however it ended; JobGone where Batch no longer knows it."""
        follower: Follower | None = None
        while True:
            job = self._job(job_id)
            follower = follower or self._follower(job)
            self._show(job, follower)
            if job.ended:
                self._drain(job, follower)
                return Watched(job, follower.error, self._machines)
            self._sleep(POLL_SECONDS)

    def _job(self, job_id: str) -> Job:
        found = self._cloud.engine.jobs([job_id])
        if not found:
            hint = "Batch forgets jobs some days after their end; `pilotlight runs` says what the store knows."
            raise JobGone(f"job {job_id}", "is not known to AWS Batch", hint)
        job = read_job(found[0])
        if not job.main:
            return job
        main = self._cloud.engine.jobs([job.main])  # a multi-node job's containers are under ID#NODE
        if not main:
            return job
        node = read_job(main[0])
        return job._replace(container=node.container, attempts=job.attempts or node.attempts)

    def _follower(self, job: Job) -> Follower:
        groups = (*job.log_groups, self._log_group, DEFAULT_LOG_GROUP)
        return Follower(self._cloud.logs, groups, self._display)

    def _show(self, job: Job, follower: Follower) -> None:
        for number, attempt in self._ended_attempts(job):
            follower.show(attempt.stream)
            if not job.ended:
                self._display.stage(attempt_ended(attempt, number, job.allowed))
        if job.status != self._state:
            self._state, self._why, self._since = job.status, "", self._clock()
            if job.status in _STATES:
                self._display.stage(f"{_STATES[job.status]} ({job.status})")
        if job.status == RUNNABLE:
            self._explain(job)
        elif job.status in (STARTING, RUNNING):
            self._remember(job.container)
            if job.status == RUNNING:
                follower.show(job.container.stream)

    def _ended_attempts(self, job: Job) -> Iterator[tuple[int, Attempt]]:
        for attempt in job.attempts[self._attempts :]:
            self._attempts += 1
            self._remember(attempt)
            yield self._attempts, attempt

    def _explain(self, job: Job) -> None:
        """Says why the job waits, again only where the reason has changed."""
        queue = self._queue_of(job)
        if queue is None:
            return
        begun = job.created if job.created is not None and not job.attempts else self._since
        why = why_waiting(job, queue, queue.environments, self._quotas, self._clock() - begun)
        if why != self._why:
            self._why = why
            self._display.note(why)

    def _queue_of(self, job: Job) -> Queue | None:
        """The job's queue as it was half a minute ago at most: someone may disable or mend it meanwhile."""
        if self._queue is None or self._clock() - self._looked >= _QUEUE_SECONDS:
            try:
                queue = read_queue(self._cloud.engine, job.queue, self._cloud.region)
            except RunError:
                return None
            if self._queue is None:
                self._quotas = read_vcpus(self._cloud.quotas, queue.environments).known
            self._queue, self._looked = queue, self._clock()
        return self._queue

    def _remember(self, container: Attempt) -> None:
        """Asks for the instance while it is there: once it is gone, nobody says what it was."""
        if container.machine and container.machine not in self._machines:
            try:
                found = self._cloud.machines.instance(container.machine)
            except RunError:
                return  # the cost is then told as a range
            if found is not None:
                self._machines[container.machine] = read_machine(found)
                self._display.note(f"on {self._machines[container.machine]}")

    def _drain(self, job: Job, follower: Follower) -> None:
        stream = job.last.stream or job.container.stream
        for round_ in range(_DRAINS):
            follower.show(stream)
            if follower.ended or not stream:
                return
            if round_ < _DRAINS - 1:
                self._sleep(POLL_SECONDS)
