"""Jobs, queues and compute environments as AWS describes them, for states that moto cannot play.

The shapes are those of the AWS Batch API Reference (JobDetail, AttemptDetail, JobQueueDetail,
ComputeEnvironmentDetail); the reasons those of the AWS Batch User Guide and of Amazon ECS's messages for stopped tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pilotlight.batch import Cloud
from pilotlight.core.errors import RunError

RUN = "3f2a9c0d1e4b"
JOB = "11111111-2222-3333-4444-555555555555"
QUEUE_ARN = "arn:aws:batch:eu-west-1:123456789012:job-queue/training"
HOST = "arn:aws:ecs:eu-west-1:123456789012:container-instance/gpu_Batch_1/0a1b2c"
BEGUN = 1_700_000_000_000
"""Milliseconds since the epoch, as Batch counts."""


def attempt(number: int = 1, *, minutes: float = 10, **container: Any) -> dict[str, Any]:
    """AttemptDetail. container: exitCode, reason. statusReason stands beside them."""
    reason = container.pop("statusReason", "Essential container in task exited")
    started = BEGUN + 3_600_000 * number
    return {
        "container": {
            "containerInstanceArn": HOST,
            "taskArn": f"arn:aws:ecs:eu-west-1:123456789012:task/gpu_Batch_1/{number}",
            "logStreamName": f"training/default/{number}",
            "networkInterfaces": [],
            **container,
        },
        "startedAt": started,
        "stoppedAt": started + int(minutes * 60_000),
        "statusReason": reason,
        "taskProperties": [],
    }


def job(status: str, *attempts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """JobDetail of a job of 4 vCPUs, 14,000 MiB and one GPU, with three attempts of six hours."""
    container: dict[str, Any] = {
        "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/training:0123456789ab",
        "command": ["digits", "--run", RUN],
        "resourceRequirements": [
            {"value": "4", "type": "VCPU"},
            {"value": "14000", "type": "MEMORY"},
            {"value": "1", "type": "GPU"},
        ],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/pilotlight/training"}},
    }
    if status in ("STARTING", "RUNNING"):
        container |= {"containerInstanceArn": HOST}
    if status == "RUNNING":
        container |= {"logStreamName": f"training/default/{len(attempts) + 1}"}
    if attempts and status in ("SUCCEEDED", "FAILED"):
        container |= attempts[-1]["container"]
    return {
        "jobArn": f"arn:aws:batch:eu-west-1:123456789012:job/{JOB}",
        "jobName": f"digits-{RUN}",
        "jobId": JOB,
        "jobQueue": QUEUE_ARN,
        "status": status,
        "attempts": [dict(one) for one in attempts],
        "createdAt": BEGUN,
        "retryStrategy": {"attempts": 3, "evaluateOnExit": []},
        "dependsOn": [],
        "jobDefinition": "arn:aws:batch:eu-west-1:123456789012:job-definition/training:7",
        "parameters": {},
        "container": container,
        "timeout": {"attemptDurationSeconds": 21600},
        "tags": {},
        "platformCapabilities": ["EC2"],
        **more,
    }


def environment(name: str = "gpu-spot", **changes: Any) -> dict[str, Any]:
    """ComputeEnvironmentDetail. changes: also of computeResources."""
    resources = {
        "type": "SPOT",
        "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "minvCpus": 0,
        "maxvCpus": 16,
        "desiredvCpus": 0,
        "instanceTypes": ["g4dn", "g5"],
        "subnets": ["subnet-1"],
    }
    resources |= {key: changes.pop(key) for key in list(changes) if key in resources}
    return {
        "computeEnvironmentName": name,
        "computeEnvironmentArn": f"arn:aws:batch:eu-west-1:123456789012:compute-environment/{name}",
        "type": "MANAGED",
        "state": "ENABLED",
        "status": "VALID",
        "statusReason": "ComputeEnvironment Healthy",
        "computeResources": resources,
        **changes,
    }


def queue(*environments: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """JobQueueDetail."""
    order = [
        {"order": place, "computeEnvironment": one["computeEnvironmentArn"]}
        for place, one in enumerate(environments, 1)
    ]
    return {
        "jobQueueName": "training",
        "jobQueueArn": QUEUE_ARN,
        "state": "ENABLED",
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "priority": 1,
        "computeEnvironmentOrder": order,
        **changes,
    }


def definition(revision: int = 1, image: str = "repository:none", **changes: Any) -> dict[str, Any]:
    """JobDefinition."""
    return {
        "jobDefinitionName": "training",
        "jobDefinitionArn": f"arn:aws:batch:eu-west-1:123456789012:job-definition/training:{revision}",
        "revision": revision,
        "status": "ACTIVE",
        "type": "container",
        "parameters": {},
        "retryStrategy": {"attempts": 3},
        "timeout": {"attemptDurationSeconds": 21600},
        "tags": {},
        "containerOrchestrationType": "ECS",
        "containerProperties": {
            "image": image,
            "command": ["--help"],
            "resourceRequirements": [{"value": "4", "type": "VCPU"}, {"value": "14000", "type": "MEMORY"}],
            "environment": [],
        },
        **changes,
    }


class ScriptedEngine:
    """AWS Batch that plays what it is given. states: the job, one for each time that it is asked for; the last stays.

    It keeps what was asked of it in `registered`, `submitted` and `terminated`.
    """

    def __init__(
        self,
        states: Sequence[Mapping[str, Any]] = (),
        *,
        environments: Sequence[Mapping[str, Any]] | None = None,
        queue_changes: Mapping[str, Any] | None = None,
        definitions: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._states = list(states)
        self._environments = [environment()] if environments is None else list(environments)
        self._queue = queue(*self._environments, **dict(queue_changes or {}))
        self._definitions = list(definitions)
        self.registered: list[Mapping[str, Any]] = []
        self.submitted: list[Mapping[str, Any]] = []
        self.terminated: list[tuple[str, str]] = []

    def queue(self, name: str) -> Mapping[str, Any] | None:
        return self._queue if name in ("training", QUEUE_ARN) else None

    def environments(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        wanted = set(names)
        return [one for one in self._environments if one["computeEnvironmentArn"] in wanted]

    def definition(self, name: str) -> Mapping[str, Any] | None:
        return max(self.revisions(name), key=lambda one: one["revision"], default=None)

    def revisions(self, name: str) -> list[Mapping[str, Any]]:
        return [one for one in self._definitions if one["jobDefinitionName"] == name]

    def register(self, request: Mapping[str, Any]) -> str:
        self.registered.append(request)
        made = definition(len(self._definitions) + 1, **request)
        self._definitions.append(made)
        return str(made["jobDefinitionArn"])

    def submit(self, request: Mapping[str, Any]) -> str:
        self.submitted.append(request)
        identity = f"job-{len(self.submitted)}"
        self._states = [{**job("SUBMITTED"), "jobId": identity, "jobName": request["jobName"]}]
        return identity

    def named(self, queue: str, job_name: str) -> list[str]:
        del queue
        return [str(one["jobId"]) for one in self._states[:1] if one["jobName"] == job_name]

    def jobs(self, ids: Iterable[str]) -> list[Mapping[str, Any]]:
        wanted = set(ids)
        if not self._states or self._states[0]["jobId"] not in wanted:
            return []
        return [self._states.pop(0) if len(self._states) > 1 else self._states[0]]

    def terminate(self, job: str, reason: str) -> None:
        self.terminated.append((job, reason))


class ScriptedLogs:
    """CloudWatch Logs. streams: the lines of each by group and name; each read gives at most `page` of them."""

    def __init__(self, streams: Mapping[tuple[str, str], Sequence[str]], page: int = 2) -> None:
        self._streams = streams
        self._page = page

    def read(self, group: str, stream: str, token: str | None) -> tuple[Sequence[str], str | None] | None:
        if (group, stream) not in self._streams:
            return None
        start = int(token or 0)
        lines = self._streams[group, stream][start : start + self._page]
        return lines, str(start + len(lines))


class Recorded:
    """A display that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def stage(self, title: str) -> None:
        self.told.append(f"● {title}")

    def note(self, text: str) -> None:
        self.told.append(text)

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        self.told.append(f"{done}/{total} {dict(values)}")

    def line(self, text: str) -> None:
        self.told.append(f"| {text}")


def kind(name: str, vcpus: int, memory: int, gpus: int) -> dict[str, Any]:
    """InstanceTypeInfo of the Amazon EC2 API Reference, what is read of it."""
    gpu = {"GpuInfo": {"Gpus": [{"Name": "T4", "Count": gpus}]}} if gpus else {}
    return {
        "InstanceType": name,
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "MemoryInfo": {"SizeInMiB": memory},
        **gpu,
    }


KINDS = [
    kind("g4dn.12xlarge", 48, 196608, 4),
    kind("g4dn.xlarge", 4, 16384, 1),
    kind("g5.xlarge", 4, 16384, 1),
    kind("g5.2xlarge", 8, 32768, 1),
    kind("c5.xlarge", 4, 8192, 0),
]


class Market:
    """Instance types and prices; with `denied` neither."""

    def __init__(self, *, denied: bool = False) -> None:
        self._denied = denied

    def types(self, names: object) -> list[dict[str, Any]]:
        del names
        return KINDS

    def instance(self, container_instance: str) -> dict[str, Any] | None:
        """Of ECS's container instance HOST; any other is gone."""
        if container_instance != HOST:
            return None
        placed = {"AvailabilityZone": "eu-west-1a"}
        return {"InstanceType": "g4dn.xlarge", "InstanceLifecycle": "spot", "Placement": placed}

    def spot(self, types: object) -> list[tuple[str, str, float]]:
        del types
        self._asked("spot")
        return [("g4dn.xlarge", "eu-west-1a", 0.2)]

    def on_demand(self, kind: str) -> float | None:
        self._asked("on demand")
        return {"g4dn.xlarge": 0.6}.get(kind)

    def _asked(self, what: str) -> None:
        if self._denied:
            raise RunError("prices", f"denied {what}", "Ask.")


class Nothing:
    """Images, quotas, stacks and objects where a test asks for none of them."""

    def has(self, repository: str, tag: str) -> bool:
        raise AssertionError((repository, tag))

    def value(self, code: str) -> float | None:
        del code
        return None

    def outputs(self, name: str) -> dict[str, str] | None:
        raise AssertionError(name)

    def one(self, url: str) -> tuple[str, int] | None:
        raise AssertionError(url)

    def below(self, url: str) -> list[tuple[str, str, int]]:
        raise AssertionError(url)


def cloud(engine: ScriptedEngine, logs: ScriptedLogs | None = None) -> Cloud:
    """AWS around an engine that plays a script."""
    none, market = Nothing(), Market()
    streams = logs or ScriptedLogs({})
    return Cloud("eu-west-1", engine, streams, none, none, market, market, none, none)
