"""A job and its attempts, from what DescribeJobs says (AWS Batch API Reference, JobDetail and AttemptDetail)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pilotlight.batch.protocol import Description

SUBMITTED, PENDING, RUNNABLE, STARTING = "SUBMITTED", "PENDING", "RUNNABLE", "STARTING"
RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
ENDED: Final = (SUCCEEDED, FAILED)


class Needs(NamedTuple):
    """What one container asks for. memory: MiB."""

    vcpus: float
    memory: int
    gpus: int


class Attempt(NamedTuple):
    """One try. reason: of the attempt. container_reason: of its container. started, stopped: seconds since the epoch.

    machine: the ARN of the ECS container instance that it ran on, "" where Batch does not tell.
    """

    reason: str
    container_reason: str
    exit_code: int | None
    stream: str
    machine: str
    started: float | None
    stopped: float | None


class Job(NamedTuple):
    """A job as it is now. attempts: those that have ended. allowed: how many it may have. timeout: seconds of one.

    container: what runs now, or ran last. started: of the attempt that runs. nodes: instances of each attempt.
    main: the id that the container's details are under, where several nodes are one job. log_groups: where its
    container may write, the likeliest first.
    """

    id: str
    name: str
    queue: str
    status: str
    reason: str
    attempts: tuple[Attempt, ...]
    allowed: int
    timeout: float | None
    container: Attempt
    needs: Needs
    created: float | None
    started: float | None
    stopped: float | None
    ended_by_person: bool
    nodes: int
    main: str
    log_groups: tuple[str, ...]

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def last(self) -> Attempt:
        """The attempt that ended last, else the container as the job describes it."""
        return self.attempts[-1] if self.attempts else self.container


def read_job(described: Description) -> Job:
    """JobDetail as a Job."""
    container = described.get("container") or {}
    nodes = described.get("nodeProperties") or {}
    main = int(nodes.get("mainNode", 0))
    asked = container
    if nodes:
        ranges = nodes.get("nodeRangeProperties") or [{}]
        asked = ranges[0].get("container") or {}
    group = ((asked.get("logConfiguration") or {}).get("options") or {}).get("awslogs-group")
    return Job(
        id=described["jobId"],
        name=described["jobName"],
        queue=described.get("jobQueue", ""),
        status=described["status"],
        reason=described.get("statusReason", ""),
        attempts=tuple(_attempt(attempt) for attempt in described.get("attempts") or ()),
        allowed=int((described.get("retryStrategy") or {}).get("attempts", 1)),
        timeout=(described.get("timeout") or {}).get("attemptDurationSeconds"),
        container=_attempt({**described, "container": container}),
        needs=read_needs(asked),
        created=seconds(described.get("createdAt")),
        started=seconds(described.get("startedAt")),
        stopped=seconds(described.get("stoppedAt")),
        ended_by_person=bool(described.get("isTerminated") or described.get("isCancelled")),
        nodes=int(nodes.get("numNodes", 1)),
        main=f"{described['jobId']}#{main}" if nodes else "",
        log_groups=(group,) if group else (),
    )


def read_needs(container: Description) -> Needs:
    """What a container asks for: resourceRequirements, or vcpus and memory in the older form."""
    asked = {item["type"]: float(item["value"]) for item in container.get("resourceRequirements") or ()}
    return Needs(
        vcpus=asked.get("VCPU", float(container.get("vcpus") or 0)),
        memory=int(asked.get("MEMORY", container.get("memory") or 0)),
        gpus=int(asked.get("GPU", 0)),
    )


def seconds(milliseconds: Any) -> float | None:
    """Seconds since the epoch from Batch's milliseconds; None where nothing has happened (0 or missing)."""
    return milliseconds / 1000 if milliseconds else None


def _attempt(described: Description) -> Attempt:
    container = described.get("container") or {}
    return Attempt(
        reason=described.get("statusReason", ""),
        container_reason=container.get("reason", ""),
        exit_code=container.get("exitCode"),
        stream=container.get("logStreamName", ""),
        machine=container.get("containerInstanceArn", ""),
        started=seconds(described.get("startedAt")),
        stopped=seconds(described.get("stoppedAt")),
    )
