"""Says why a job waits in RUNNABLE (AWS Batch User Guide, "Jobs stuck in a RUNNABLE status")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pilotlight.batch.jobs import Job
from pilotlight.batch.queues import ComputeEnvironment, JobQueue

LONG_WAIT: Final = 15 * 60.0
"""Seconds after which capacity is unlikely to come by itself."""

_ADVICE: Final = {
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": "AWS has no such instance free at the moment",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": "raise the maxvCpus of the compute environments",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": "no instance type of the compute environments has what the job"
    " requests: request less vCPUs, memory or GPUs in its job definition, or add larger types",
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED": "check the launch template, the AMI and the subnets"
    " of the compute environments",
    "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS": "the service role of the compute environments lacks a permission",
}
_MORE_TYPES: Final = (
    "it has waited {minutes} min, so add GPU families in infra/training.yaml, or on-demand instances behind the spot"
    " ones"
)


def describe_wait(job: Job, queue: JobQueue, quotas: Mapping[str, float], seconds: float) -> str:
    """Say in one sentence why a job waits.

    Args:
        job: The job.
        queue: Its queue.
        quotas: vCPUs by the quota's code, as far as they could be read.
        seconds: How long the job has been RUNNABLE.
    """
    usable = [environment for environment in queue.environments if environment.usable]
    obstacle = _find_obstacle(job, queue, usable)
    if obstacle:
        return obstacle
    if job.reason:
        return _describe_reason(job.reason, seconds)
    if small := _list_small_quotas(usable, quotas, job.requirements.vcpus):
        return f"the account's vCPU quotas are too small: {small}; request more in Service Quotas, under Amazon EC2"
    if seconds >= LONG_WAIT:
        return f"it waits for an instance; {_propose_more(seconds)}"
    return "it waits for an instance, which takes some minutes to start"


def describe_problem(environment: ComputeEnvironment) -> str:
    """Say why a compute environment starts nothing, with AWS Batch's reason where it is invalid."""
    if environment.status != "INVALID":
        return f"{environment.name} is disabled"
    return f"{environment.name} is INVALID{f' ({environment.reason})' if environment.reason else ''}"


def _find_obstacle(job: Job, queue: JobQueue, usable: Sequence[ComputeEnvironment]) -> str:
    """Say what keeps the job from ever starting as the queue is; "" where nothing does."""
    if not queue.enabled:
        return f"the job queue {queue.name} is disabled, and starts nothing until it is enabled"
    if not usable:
        problems = "; ".join(map(describe_problem, queue.environments)) or "there is none"
        return f"no compute environment can start it: {problems}"
    vcpus = job.requirements.vcpus
    if all(environment.max_vcpus < vcpus for environment in usable):
        most = ", ".join(f"{environment.name} {environment.max_vcpus}" for environment in usable)
        return f"it requests {vcpus:g} vCPUs, more than any compute environment may have ({most})"
    return ""


def _describe_reason(reason: str, seconds: float) -> str:
    """Return AWS Batch's own reason with advice. The reason is "CODE - text" or free text."""
    code = reason.partition(" ")[0]
    parts = [f"AWS Batch says {reason}"]
    if code in _ADVICE:
        parts.append(_ADVICE[code])
    if code.startswith("CAPACITY:") and seconds >= LONG_WAIT:
        parts.append(_propose_more(seconds))
    return "; ".join(parts)


def _propose_more(seconds: float) -> str:
    return _MORE_TYPES.format(minutes=int(seconds // 60))


def _list_small_quotas(usable: Sequence[ComputeEnvironment], quotas: Mapping[str, float], vcpus: float) -> str:
    """Return the quotas below `vcpus`; "" where some compute environment is not limited by such a quota."""
    small: dict[str, float] = {}
    for environment in usable:
        known = {quota.name: quotas.get(quota.code) for quota in environment.quotas}
        values = [value for value in known.values() if value is not None]
        if not known or len(values) < len(known) or any(value >= vcpus for value in values):
            return ""
        small |= {name: value for name, value in known.items() if value is not None}
    return ", ".join(f"{name} is {value:g}" for name, value in small.items())
