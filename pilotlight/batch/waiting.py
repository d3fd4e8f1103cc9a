"""Why a job waits in RUNNABLE (AWS Batch User Guide, "Jobs stuck in a RUNNABLE status")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotlight.batch.jobs import Job
from pilotlight.batch.queues import Environment, Queue

LONG: Final = 15 * 60.0
"""Seconds after which capacity is unlikely to come by itself."""

_ADVICE: Final = {
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": "AWS has no such instance free at the moment",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": "raise the maxvCpus of the compute environments",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": "no instance type of the compute environments has what the job asks"
    " for: ask for less vCPUs, memory or GPUs in its job definition, or add larger types",
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED": "look at the launch template, the AMI and the subnets"
    " of the compute environments",
    "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS": "the service role of the compute environments lacks a permission",
}
_MORE: Final = (
    "it has waited {minutes} min, so offer more GPU families in infra/training.yaml, or on-demand instances"
    " behind the spot ones"
)


def why_waiting(
    job: Job, queue: Queue, environments: tuple[Environment, ...], quotas: Mapping[str, float], seconds: float
) -> str:
    """One sentence. quotas: vCPUs by code, those that could be read. seconds: how long the job has been RUNNABLE."""
    usable = [environment for environment in environments if environment.usable]
    cannot = _never(job, queue, environments, usable)
    if cannot:
        return cannot
    if job.reason:
        return _told(job.reason, seconds)
    if small := _too_small(usable, quotas, job.needs.vcpus):
        return f"the account may not run enough vCPUs: {small}; ask for more in Service Quotas, under Amazon EC2"
    if seconds >= LONG:
        return f"it waits for an instance; {_more(seconds)}"
    return "it waits for an instance: from none, one takes some minutes to start"


def _never(job: Job, queue: Queue, environments: tuple[Environment, ...], usable: list[Environment]) -> str:
    """What keeps it from ever starting as the queue is; else ""."""
    if not queue.enabled:
        return f"the job queue {queue.name} is disabled, and starts nothing until it is enabled"
    if not usable:
        return f"no compute environment can start it: {'; '.join(map(what_is_wrong, environments)) or 'there is none'}"
    if all(environment.most < job.needs.vcpus for environment in usable):
        most = ", ".join(f"{environment.name} {environment.most}" for environment in usable)
        return f"it asks for {job.needs.vcpus:g} vCPUs, more than any compute environment may have ({most})"
    return ""


def what_is_wrong(environment: Environment) -> str:
    """Why an environment starts nothing, with the reason that Batch gives where it is invalid."""
    if environment.status != "INVALID":
        return f"{environment.name} is disabled"
    return f"{environment.name} is INVALID{f' ({environment.reason})' if environment.reason else ''}"


def _told(reason: str, seconds: float) -> str:
    """Batch's own reason with what to do; "CODE - text" or free text."""
    code = reason.partition(" ")[0]
    parts = [f"AWS Batch says {reason}"]
    if code in _ADVICE:
        parts.append(_ADVICE[code])
    if code.startswith("CAPACITY:") and seconds >= LONG:
        parts.append(_more(seconds))
    return "; ".join(parts)


def _more(seconds: float) -> str:
    return _MORE.format(minutes=int(seconds // 60))


def _too_small(usable: list[Environment], quotas: Mapping[str, float], vcpus: float) -> str:
    """The quotas that are below `vcpus`, where no environment is free of such a one; else ""."""
    small: dict[str, float] = {}
    for environment in usable:
        known = {quota.name: quotas.get(quota.code) for quota in environment.quotas}
        values = [value for value in known.values() if value is not None]
        if not known or len(values) < len(known) or any(value >= vcpus for value in values):
            return ""
        small |= {name: value for name, value in known.items() if value is not None}
    return ", ".join(f"{name} is {value:g}" for name, value in small.items())
