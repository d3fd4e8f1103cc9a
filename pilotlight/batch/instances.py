"""EC2 instances, and the instance types that a job fits on (Amazon EC2 API Reference)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pilotlight.batch.jobs import ResourceRequirements
from pilotlight.batch.protocol import Description


class Instance(NamedTuple):
    """An EC2 instance: its type, its availability zone ("" where unknown), and whether it is a spot instance."""

    type: str
    zone: str
    spot: bool

    def __str__(self) -> str:
        return f"{self.type} ({'spot' if self.spot else 'on demand'}{f', {self.zone}' if self.zone else ''})"


def read_instance(described: Description) -> Instance:
    """Return an Instance of EC2's API as an Instance. An on-demand instance has no InstanceLifecycle."""
    zone = (described.get("Placement") or {}).get("AvailabilityZone", "")
    return Instance(described["InstanceType"], zone, described.get("InstanceLifecycle") == "spot")


def select_types(
    types: Iterable[Description], requirements: ResourceRequirements, listed: Collection[str]
) -> list[str]:
    """Return the instance types that a job fits on, sorted: each listed type, and the smallest of each listed family.

    Args:
        types: InstanceTypeInfo of EC2's API.
        requirements: What the job's container requests.
        listed: The types and families of a compute environment, such as g5.xlarge or g5.
    """
    selected: set[str] = set()
    smallest: dict[str, tuple[tuple[int, int, int], str]] = {}
    for described in types:
        gpus = sum(int(gpu.get("Count", 0)) for gpu in (described.get("GpuInfo") or {}).get("Gpus", ()))
        vcpus = int(described["VCpuInfo"]["DefaultVCpus"])
        memory = int(described["MemoryInfo"]["SizeInMiB"])
        if gpus < requirements.gpus or vcpus < requirements.vcpus or memory < requirements.memory:
            continue
        instance_type = str(described["InstanceType"])
        family = instance_type.partition(".")[0]
        if instance_type in listed:
            selected.add(instance_type)
        if family not in listed:
            continue
        candidate = ((gpus, vcpus, memory), instance_type)
        smallest[family] = min(smallest.get(family, candidate), candidate)
    return sorted(selected.union(instance_type for _, instance_type in smallest.values()))
