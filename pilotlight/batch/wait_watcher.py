"""Shows why a job waits in the queue, and shows it again whenever the reason changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotlight.batch.checks import read_vcpu_quotas
from pilotlight.batch.jobs import Job
from pilotlight.batch.protocol import Cloud, EpochClock
from pilotlight.batch.queues import JobQueue, read_queue
from pilotlight.batch.wait_reasons import describe_wait
from pilotlight.core.errors import RunError
from pilotlight.core.progress import Progress

_QUEUE_SECONDS: Final = 30.0
"""How old the description of the queue may be: somebody may disable or repair it meanwhile."""


class WaitWatcher:
    """Shows the reason for which a job waits.

    Args:
        cloud: AWS.
        progress: Where the reason is shown.
        clock: The present time.
    """

    def __init__(self, cloud: Cloud, progress: Progress, clock: EpochClock) -> None:
        self._cloud = cloud
        self._progress = progress
        self._clock = clock
        self._queue: JobQueue | None = None
        self._queue_read = 0.0
        self._quotas: Mapping[str, float] = {}
        self._reason = ""
        self._since = 0.0

    def restart(self) -> None:
        """Count the wait from now on, and show its reason even if it is the one that was shown last."""
        self._reason, self._since = "", self._clock()

    def show(self, job: Job) -> None:
        """Show why a RUNNABLE job waits, unless that was shown last."""
        queue = self._read_queue(job)
        if queue is None:
            return
        begun = job.created if job.created is not None and not job.attempts else self._since
        reason = describe_wait(job, queue, self._quotas, self._clock() - begun)
        if reason != self._reason:
            self._reason = reason
            self._progress.note(reason)

    def _read_queue(self, job: Job) -> JobQueue | None:
        if self._queue is None or self._clock() - self._queue_read >= _QUEUE_SECONDS:
            try:
                queue = read_queue(self._cloud.batch, job.queue, self._cloud.region)
            except RunError:
                return None
            if self._queue is None:
                self._quotas = read_vcpu_quotas(self._cloud.quotas, queue.environments).known
            self._queue, self._queue_read = queue, self._clock()
        return self._queue
