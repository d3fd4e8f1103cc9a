"""A job and its attempts, as DescribeJobs reports them (AWS Batch API Reference, JobDetail and AttemptDetail)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pilotlight.batch.protocol import Description

SUBMITTED, PENDING, RUNNABLE, STARTING = "SUBMITTED", "PENDING", "RUNNABLE", "STARTING"
RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
ENDED: Final = (SUCCEEDED, FAILED)


class ResourceRequirements(NamedTuple):
    """What one container requests: vCPUs, memory in MiB, GPUs."""

    vcpus: float
    memory: int
    gpus: int


class Attempt(NamedTuple):
    """One attempt of a job.

    Attributes:
        reason: The attempt's status reason.
        container_reason: The container's status reason.
        exit_code: The container's exit code; None where it has none.
        stream: The log stream; "" where there is none yet.
        container_instance: The ARN of the ECS container instance; "" where AWS Batch gives none.
        started: Seconds since the epoch; None where the attempt has not started.
        stopped: Seconds since the epoch; None where the attempt has not stopped.
    """

    reason: str
    container_reason: str
    exit_code: int | None
    stream: str
    container_instance: str
    started: float | None
    stopped: float | None

    @property
    def duration(self) -> float:
        """How long the attempt ran, in seconds; 0 where it has not started or not stopped."""
        if self.started is None or self.stopped is None:
            return 0.0
        return max(0.0, self.stopped - self.started)


class Job(NamedTuple):
    """A job in its present state.

    Attributes:
        id: The job's id.
        name: The job's name.
        queue: The ARN of its queue.
        status: One of the states above.
        reason: The job's status reason.
        attempts: The attempts that have ended.
        max_attempts: How many attempts the job may have.
        timeout: Seconds that one attempt may take; None where there is no limit.
        container: What runs now, or ran last.
        requirements: What its container requests.
        created: Seconds since the epoch; None where unknown.
        started: Start of the present attempt, seconds since the epoch.
        stopped: End of the job, seconds since the epoch.
        ended_by_person: Whether somebody terminated or cancelled it.
        nodes: How many instances each attempt uses.
        main_node: The id that describes the main node's container; "" where the job has one node.
        log_groups: Where its container may write, the likeliest first.
    """

    id: str
    name: str
    queue: str
    status: str
    reason: str
    attempts: tuple[Attempt, ...]
    max_attempts: int
    timeout: float | None
    container: Attempt
    requirements: ResourceRequirements
    created: float | None
    started: float | None
    stopped: float | None
    ended_by_person: bool
    nodes: int
    main_node: str
    log_groups: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Whether the job has succeeded or failed."""
        return self.status in ENDED

    @property
    def last_attempt(self) -> Attempt:
        """The attempt that ended last; without one, the container as the job describes it."""
        return self.attempts[-1] if self.attempts else self.container

    @property
    def all_attempts(self) -> tuple[Attempt, ...]:
        """The attempts; where AWS Batch lists none, the one that the job itself describes."""
        return self.attempts or (self.container,)


def read_job(described: Description) -> Job:
    """Return a JobDetail as a Job."""
    container = described.get("container") or {}
    nodes = described.get("nodeProperties") or {}
    main_node = int(nodes.get("mainNode", 0))
    specified = container
    if nodes:
        ranges = nodes.get("nodeRangeProperties") or [{}]
        specified = ranges[0].get("container") or {}
    group = ((specified.get("logConfiguration") or {}).get("options") or {}).get("awslogs-group")
    return Job(
        id=described["jobId"],
        name=described["jobName"],
        queue=described.get("jobQueue", ""),
        status=described["status"],
        reason=described.get("statusReason", ""),
        attempts=tuple(_read_attempt(attempt) for attempt in described.get("attempts") or ()),
        max_attempts=int((described.get("retryStrategy") or {}).get("attempts", 1)),
        timeout=(described.get("timeout") or {}).get("attemptDurationSeconds"),
        container=_read_attempt({**described, "container": container}),
        requirements=read_container_requirements(specified),
        created=_read_time(described.get("createdAt")),
        started=_read_time(described.get("startedAt")),
        stopped=_read_time(described.get("stoppedAt")),
        ended_by_person=bool(described.get("isTerminated") or described.get("isCancelled")),
        nodes=int(nodes.get("numNodes", 1)),
        main_node=f"{described['jobId']}#{main_node}" if nodes else "",
        log_groups=(group,) if group else (),
    )


def read_container_requirements(container: Description) -> ResourceRequirements:
    """Return what a container requests: its resourceRequirements, or vcpus and memory in the older form."""
    requested = {item["type"]: float(item["value"]) for item in container.get("resourceRequirements") or ()}
    return ResourceRequirements(
        vcpus=requested.get("VCPU", float(container.get("vcpus") or 0)),
        memory=int(requested.get("MEMORY", container.get("memory") or 0)),
        gpus=int(requested.get("GPU", 0)),
    )


def _read_attempt(described: Description) -> Attempt:
    container = described.get("container") or {}
    return Attempt(
        reason=described.get("statusReason", ""),
        container_reason=container.get("reason", ""),
        exit_code=container.get("exitCode"),
        stream=container.get("logStreamName", ""),
        container_instance=container.get("containerInstanceArn", ""),
        started=_read_time(described.get("startedAt")),
        stopped=_read_time(described.get("stoppedAt")),
    )


def _read_time(milliseconds: Any) -> float | None:
    """Seconds since the epoch from AWS Batch's milliseconds; None where nothing has happened (0 or missing)."""
    return milliseconds / 1000 if milliseconds else None
