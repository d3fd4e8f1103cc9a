"""Jobs, queues and compute environments as AWS describes them, for states that moto cannot play.

The shapes are those of the AWS Batch API Reference (JobDetail, AttemptDetail, JobQueueDetail,
ComputeEnvironmentDetail); the reasons those of the AWS Batch User Guide and of Amazon ECS's messages for stopped tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
