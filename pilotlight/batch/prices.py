"""The prices of the instance types that a queue may start, as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pilotlight.batch.instances import Instance, select_types
from pilotlight.batch.jobs import ResourceRequirements
from pilotlight.batch.money import DollarRange, span_amounts
from pilotlight.batch.protocol import Instances, Prices
from pilotlight.batch.queues import ComputeEnvironment
from pilotlight.core.errors import RunError


class PriceList(NamedTuple):
    """Prices in US dollars an hour.

    Attributes:
        spot: By instance type and availability zone.
        on_demand: By instance type.
        notes: Which prices could not be read, and why.
        families: Families of which AWS Batch may start any size. Only the smallest size that fits has a price here.
    """

    spot: Mapping[tuple[str, str], float]
    on_demand: Mapping[str, float]
    notes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    def range(self, *, spot: bool) -> DollarRange | None:
        """Return the range over all instance types and zones; None where no price is known."""
        return span_amounts(self.spot.values() if spot else self.on_demand.values())

    def list_types(self, *, spot: bool) -> list[str]:
        """Return the instance types that have a price, sorted."""
        return sorted({instance_type for instance_type, _ in self.spot} if spot else self.on_demand)

    @property
    def whole_range(self) -> DollarRange | None:
        """The range over everything that the queue may start; None where no price is known."""
        return span_amounts([*self.spot.values(), *self.on_demand.values()])

    def find(self, instance: Instance) -> DollarRange | None:
        """Return the price of an instance; where its zone's spot price is unknown, the range over all zones."""
        if not instance.spot:
            return span_amounts(price for name, price in self.on_demand.items() if name == instance.type)
        in_zone = self.spot.get((instance.type, instance.zone))
        if in_zone is not None:
            return DollarRange(in_zone, in_zone)
        return span_amounts(price for (name, _), price in self.spot.items() if name == instance.type)


def read_prices(
    prices: Prices,
    instances: Instances,
    environments: Iterable[ComputeEnvironment],
    requirements: ResourceRequirements,
    used: Iterable[Instance] = (),
) -> PriceList:
    """Read the prices of the instance types that a queue may start. A price that cannot be read becomes a note.

    Args:
        prices: The prices of EC2.
        instances: The instance types of EC2.
        environments: The queue's compute environments.
        requirements: What the job's container requests.
        used: Instances on which the job ran; their types get a price too.
    """
    notes: list[str] = []
    types: dict[bool, set[str]] = {True: set(), False: set()}
    for instance in used:
        types[instance.spot].add(instance.type)
    usable = [environment for environment in environments if environment.usable]
    for environment in usable:
        try:
            described = instances.describe_types(environment.types)
            types[environment.spot].update(select_types(described, requirements, environment.types))
        except RunError as error:
            notes.append(f"instance types are unknown: {error.what}")
    spot = _read_spot(prices, sorted(types[True]), notes)
    on_demand = _read_on_demand(prices, sorted(types[False]), notes)
    families = {name for environment in usable for name in environment.types if "." not in name}
    return PriceList(spot, on_demand, tuple(dict.fromkeys(notes)), tuple(sorted(families)))


def _read_spot(prices: Prices, types: list[str], notes: list[str]) -> dict[tuple[str, str], float]:
    if not types:
        return {}
    try:
        return {(instance_type, zone): price for instance_type, zone, price in prices.list_spot(types)}
    except RunError as error:
        notes.append(f"spot prices are unknown: {error.what}. {error.hint}")
        return {}


def _read_on_demand(prices: Prices, types: list[str], notes: list[str]) -> dict[str, float]:
    try:
        found = {instance_type: prices.read_on_demand(instance_type) for instance_type in types}
    except RunError as error:
        notes.append(f"on-demand prices are unknown: {error.what}. {error.hint}")
        return {}
    return {instance_type: price for instance_type, price in found.items() if price is not None}
