"""Instances: the one that a container ran on, and the types that a job fits on (Amazon EC2 API Reference)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pilotlight.batch.jobs import Needs
from pilotlight.batch.protocol import Description


class Machine(NamedTuple):
    """An instance of EC2. kind: its type. zone: its availability zone, "" where not told."""

    kind: str
    zone: str
    spot: bool

    def __str__(self) -> str:
        return f"{self.kind} ({'spot' if self.spot else 'on demand'}{f', {self.zone}' if self.zone else ''})"


def read_machine(instance: Description) -> Machine:
    """Instance of EC2's API as a Machine; InstanceLifecycle is there only where it is not on demand."""
    zone = (instance.get("Placement") or {}).get("AvailabilityZone", "")
    return Machine(instance["InstanceType"], zone, instance.get("InstanceLifecycle") == "spot")


def fitting(types: Iterable[Description], needs: Needs, listed: Collection[str]) -> list[str]:
    """The types that a job fits on, sorted: each that is listed, and of a family that is listed the smallest.

    types: InstanceTypeInfo of EC2's API. listed: as a compute environment has them, g5.xlarge or g5.
    """
    fit: set[str] = set()
    smallest: dict[str, tuple[tuple[int, int, int], str]] = {}
    for described in types:
        gpus = sum(int(gpu.get("Count", 0)) for gpu in (described.get("GpuInfo") or {}).get("Gpus", ()))
        vcpus = int(described["VCpuInfo"]["DefaultVCpus"])
        memory = int(described["MemoryInfo"]["SizeInMiB"])
        if gpus < needs.gpus or vcpus < needs.vcpus or memory < needs.memory:
            continue
        kind = str(described["InstanceType"])
        family = kind.partition(".")[0]
        if kind in listed:
            fit.add(kind)
        if family not in listed:
            continue
        found = ((gpus, vcpus, memory), kind)
        smallest[family] = min(smallest.get(family, found), found)
    return sorted(fit.union(kind for _, kind in smallest.values()))
