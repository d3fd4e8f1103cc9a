"""A job queue, the compute environments behind it, and the quotas that limit them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotlight.batch.protocol import BatchService, Description
from pilotlight.core.errors import RunError

_GPU_QUOTAS: Final = {
    ("G", False): ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    ("P", False): ("L-417A185B", "Running On-Demand P instances"),
    ("G", True): ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ("P", True): ("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
}
"""Codes and names of EC2's vCPU quotas, by family and spot (Service Quotas, service code ec2)."""

_FAMILY: Final = re.compile(r"(vt|gr?|p)(\d)")
_SPOT_P: Final = ("2", "3", "4")


class Quota(NamedTuple):
    """A vCPU quota that limits a compute environment, with its code and name in Service Quotas."""

    code: str
    name: str


class ComputeEnvironment(NamedTuple):
    """A compute environment.

    Attributes:
        name: Its name.
        enabled: Whether its state is ENABLED.
        status: Its status, such as VALID or INVALID.
        reason: The reason of its status.
        spot: Whether it starts spot instances.
        max_vcpus: How many vCPUs it may grow to.
        types: Its instance types and families.
    """

    name: str
    enabled: bool
    status: str
    reason: str
    spot: bool
    max_vcpus: int
    types: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether it can start instances."""
        return self.enabled and self.status != "INVALID"

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """The GPU quotas that limit its types; none where some of its types have no GPU."""
        found = {_find_quota(name, spot=self.spot) for name in self.types}
        return tuple(sorted(quota for quota in found if quota is not None)) if None not in found else ()


class JobQueue(NamedTuple):
    """A job queue.

    Attributes:
        name: Its name.
        enabled: Whether its state is ENABLED.
        status: Its status, such as VALID or INVALID.
        reason: The reason of its status.
        environments: Its compute environments, in the order in which AWS Batch tries them.
    """

    name: str
    enabled: bool
    status: str
    reason: str
    environments: tuple[ComputeEnvironment, ...]


def read_queue(batch: BatchService, name: str, region: str) -> JobQueue:
    """Read a job queue with its compute environments.

    Args:
        batch: AWS Batch.
        name: The queue's name or ARN.
        region: For messages; "" where it is unknown.

    Raises:
        RunError: There is no such queue.
    """
    described = batch.describe_queue(name)
    if described is None:
        hint = "Deploy the stack again, or set AWS_REGION to the region that it is in; nothing was submitted."
        raise RunError(f"job queue {name}", f"does not exist in {region or 'this region'}", hint)
    order = sorted(described["computeEnvironmentOrder"], key=lambda item: item["order"])
    names = [item["computeEnvironment"] for item in order]
    by_arn = {item["computeEnvironmentArn"]: item for item in batch.describe_environments(names)}
    by_arn_or_name = by_arn | {item["computeEnvironmentName"]: item for item in by_arn.values()}
    return JobQueue(
        name=described["jobQueueName"],
        enabled=described["state"] == "ENABLED",
        status=described.get("status", "VALID"),
        reason=described.get("statusReason", ""),
        environments=tuple(read_environment(by_arn_or_name[name]) for name in names if name in by_arn_or_name),
    )


def read_environment(described: Description) -> ComputeEnvironment:
    """Return a ComputeEnvironmentDetail as a ComputeEnvironment."""
    resources = described.get("computeResources") or {}
    return ComputeEnvironment(
        name=described["computeEnvironmentName"],
        enabled=described.get("state", "ENABLED") == "ENABLED",
        status=described.get("status", "VALID"),
        reason=described.get("statusReason", ""),
        spot=resources.get("type") == "SPOT",
        max_vcpus=int(resources.get("maxvCpus", 0)),
        types=tuple(resources.get("instanceTypes") or ()),
    )


def list_quotas(environments: Iterable[ComputeEnvironment]) -> list[Quota]:
    """Return every GPU quota that limits one of the compute environments, once."""
    return list(dict.fromkeys(quota for environment in environments for quota in environment.quotas))


def _find_quota(name: str, *, spot: bool) -> Quota | None:
    """Return the GPU quota of an instance type or family.

    g5.xlarge and g5 belong to family G, p4d to P. c5 and "optimal", and p5 on spot, have other quotas.
    """
    found = _FAMILY.match(name)
    if found is None or (spot and found.group(1) == "p" and found.group(2) not in _SPOT_P):
        return None
    return Quota(*_GPU_QUOTAS["P" if found.group(1) == "p" else "G", spot])
