"""A queue and the compute environments behind it, and the quotas that bound them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotlight.batch.protocol import Description, Engine
from pilotlight.core.errors import RunError

_GPU_QUOTAS: Final = {
    ("G", False): ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    ("P", False): ("L-417A185B", "Running On-Demand P instances"),
    ("G", True): ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ("P", True): ("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
}
"""Codes and names of EC2's quotas of vCPUs, by family and spot (Service Quotas, service code ec2)."""

_FAMILY: Final = re.compile(r"(vt|gr?|p)(\d)")
_SPOT_P: Final = ("2", "3", "4")


class Quota(NamedTuple):
    """A quota of vCPUs that bounds an environment. code, name: Service Quotas'."""

    code: str
    name: str


class Environment(NamedTuple):
    """A compute environment. most: vCPUs it may grow to. types: instance types and families. reason: of its status."""

    name: str
    enabled: bool
    status: str
    reason: str
    spot: bool
    most: int
    types: tuple[str, ...]

    @property
    def usable(self) -> bool:
        return self.enabled and self.status != "INVALID"

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """The GPU quotas that its types fall under; none where it has other types than GPU ones too."""
        found = {_quota(kind, spot=self.spot) for kind in self.types}
        return tuple(sorted(quota for quota in found if quota is not None)) if None not in found else ()


class Queue(NamedTuple):
    """A job queue. environments: in the order in which they are tried."""

    name: str
    enabled: bool
    status: str
    reason: str
    environments: tuple[Environment, ...]


def read_queue(engine: Engine, name: str, region: str) -> Queue:
    """The queue `name` with its environments; RunError where there is none."""
    described = engine.queue(name)
    if described is None:
        hint = "Deploy the stack again, or set AWS_REGION to the region that it is in; nothing was submitted."
        raise RunError(f"job queue {name}", f"does not exist in {region or 'this region'}", hint)
    order = sorted(described["computeEnvironmentOrder"], key=lambda item: item["order"])
    names = [item["computeEnvironment"] for item in order]
    found = {item["computeEnvironmentArn"]: item for item in engine.environments(names)}
    by_either = found | {item["computeEnvironmentName"]: item for item in found.values()}
    return Queue(
        name=described["jobQueueName"],
        enabled=described["state"] == "ENABLED",
        status=described.get("status", "VALID"),
        reason=described.get("statusReason", ""),
        environments=tuple(read_environment(by_either[name]) for name in names if name in by_either),
    )


def read_environment(described: Description) -> Environment:
    """ComputeEnvironmentDetail as an Environment."""
    resources = described.get("computeResources") or {}
    return Environment(
        name=described["computeEnvironmentName"],
        enabled=described.get("state", "ENABLED") == "ENABLED",
        status=described.get("status", "VALID"),
        reason=described.get("statusReason", ""),
        spot=resources.get("type") == "SPOT",
        most=int(resources.get("maxvCpus", 0)),
        types=tuple(resources.get("instanceTypes") or ()),
    )


def quotas_of(environments: Iterable[Environment]) -> list[Quota]:
    """Every GPU quota that bounds one of them, once."""
    return list(dict.fromkeys(quota for environment in environments for quota in environment.quotas))


def _quota(kind: str, *, spot: bool) -> Quota | None:
    """g5.xlarge and g5 are of family G, p4d of P; c5 and optimal, and p5 on spot, are under other quotas."""
    found = _FAMILY.match(kind)
    if found is None or (spot and found.group(1) == "p" and found.group(2) not in _SPOT_P):
        return None
    return Quota(*_GPU_QUOTAS["P" if found.group(1) == "p" else "G", spot])
