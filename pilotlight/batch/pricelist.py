"""The prices of the instance types that a queue may start, as far as they may be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pilotlight.batch.jobs import Needs
from pilotlight.batch.machines import Machine, fitting
from pilotlight.batch.protocol import Machines, Prices
from pilotlight.batch.queues import Environment
from pilotlight.core.errors import RunError

_LEAST: Final = 0.0001


class Range(NamedTuple):
    """From the lowest to the highest price, US dollars."""

    low: float
    high: float

    def times(self, factor: float) -> Range:
        return Range(self.low * factor, self.high * factor)

    def __str__(self) -> str:
        low, high = (dollars(amount) for amount in self)
        return low if low == high else f"{low} to {high}"


class PriceList(NamedTuple):
    """Dollars an hour. spot: by type and zone. on_demand: by type. notes: what could not be read, and why.

    families: those of which AWS Batch may start any size, and of which only the smallest that fits has a price here.
    """

    spot: Mapping[tuple[str, str], float]
    on_demand: Mapping[str, float]
    notes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    def range(self, *, spot: bool) -> Range | None:
        """Over all types and zones, None where none is known."""
        return _range(self.spot.values() if spot else self.on_demand.values())

    def kinds(self, *, spot: bool) -> list[str]:
        """The types that have a price."""
        return sorted({kind for kind, _ in self.spot} if spot else self.on_demand)

    @property
    def each(self) -> Range | None:
        """Over everything that the queue may start."""
        return _range([*self.spot.values(), *self.on_demand.values()])

    def of(self, machine: Machine) -> Range | None:
        """One machine's: its zone's spot price where that is known, else all zones'."""
        if not machine.spot:
            return _range([self.on_demand[machine.kind]] if machine.kind in self.on_demand else [])
        here = self.spot.get((machine.kind, machine.zone))
        return _range([here] if here is not None else [p for (kind, _), p in self.spot.items() if kind == machine.kind])


def read_prices(
    prices: Prices,
    machines: Machines,
    environments: Iterable[Environment],
    needs: Needs,
    ran_on: Iterable[Machine] = (),
) -> PriceList:
    """The prices of the types that `fitting` gives, spot where an environment is spot, and of those that it ran on.

    Never raises RunError: a price that may not be read becomes a note.
    """
    notes: list[str] = []
    by_way = {True: {machine.kind for machine in ran_on if machine.spot}}
    by_way[False] = {machine.kind for machine in ran_on if not machine.spot}
    usable = [environment for environment in environments if environment.usable]
    for environment in usable:
        try:
            found = fitting(machines.types(environment.types), needs, environment.types)
            by_way[environment.spot].update(found)
        except RunError as error:
            notes.append(f"instance types are not known: {error.what}")
    spot = _spot(prices, sorted(by_way[True]), notes)
    on_demand = _on_demand(prices, sorted(by_way[False]), notes)
    families = {kind for environment in usable for kind in environment.types if "." not in kind}
    return PriceList(spot, on_demand, tuple(dict.fromkeys(notes)), tuple(sorted(families)))


def _spot(prices: Prices, kinds: list[str], notes: list[str]) -> dict[tuple[str, str], float]:
    if not kinds:
        return {}
    try:
        return {(kind, zone): price for kind, zone, price in prices.spot(kinds)}
    except RunError as error:
        notes.append(f"spot prices are not known: {error.what}. {error.hint}")
        return {}


def _on_demand(prices: Prices, kinds: list[str], notes: list[str]) -> dict[str, float]:
    try:
        found = {kind: prices.on_demand(kind) for kind in kinds}
    except RunError as error:
        notes.append(f"on-demand prices are not known: {error.what}. {error.hint}")
        return {}
    return {kind: price for kind, price in found.items() if price is not None}


def _range(prices: Iterable[float]) -> Range | None:
    found = list(prices)
    return Range(min(found), max(found)) if found else None


def dollars(amount: float) -> str:
    """Two digits that count at least: $0.0042, $0.21, $12.60; what rounds to nothing is less than $0.0001."""
    if 0 < amount < _LEAST:
        return f"less than ${_LEAST}"
    return f"${amount:.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}"
