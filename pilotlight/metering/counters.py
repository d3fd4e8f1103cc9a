"""The counters of a tenant's item: what each key has used of each model in each month, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pilotlight.core.table_update import Item
from pilotlight.metering.tenant_item import Tenant

MICRO_DOLLARS: Final = "micro_dollars"
"""The name of what a counter of money counts, beside the units such as rows."""


class Counter(NamedTuple):
    """One counter.

    Attributes:
        month: YYYY-MM, in UTC.
        key: The key's id.
        model: The model.
        unit: requests, rows, and so on; MICRO_DOLLARS for money.
        value: The count.
    """

    month: str
    key: str
    model: str
    unit: str
    value: int

    @property
    def field(self) -> str:
        """The field of the item."""
        kind, unit = ("m", "") if self.unit == MICRO_DOLLARS else ("u", f"#{self.unit}")
        return f"{kind}#{self.month}#{self.key}#{self.model}{unit}"


class UsageRow(NamedTuple):
    """One counter of one tenant, for people and programs.

    Attributes:
        tenant: The tenant's name.
        month: YYYY-MM, in UTC.
        key: The key's id.
        label: The key's label; "" where it is not known.
        model: The model.
        unit: requests, rows, and so on; MICRO_DOLLARS for money.
        value: The count.
    """

    tenant: str
    month: str
    key: str
    label: str
    model: str
    unit: str
    value: int


def read_counters(item: Item) -> Iterator[Counter]:
    """Yield the counters of a tenant's item, sorted by month, key, model and unit.

    Args:
        item: The item.
    """
    yield from sorted(found for name, value in item.items() if (found := _read_counter(name, value)))


def list_usage(tenants: Iterable[Tenant], month: str | None = None) -> list[UsageRow]:
    """Return the counters of some tenants.

    Args:
        tenants: The tenants.
        month: YYYY-MM; None for every month.
    """
    rows = []
    for tenant in tenants:
        for counter in read_counters(tenant.item):
            if month in (None, counter.month):
                where = (tenant.name, counter.month, counter.key, tenant.labels.get(counter.key, ""))
                rows.append(UsageRow(*where, counter.model, counter.unit, counter.value))
    return rows


def _read_counter(name: str, value: object) -> Counter | None:
    parts = name.split("#")
    if not isinstance(value, int):
        return None
    match parts:
        case ["u", month, key, model, unit]:
            return Counter(month, key, model, unit, value)
        case ["m", month, key, model]:
            return Counter(month, key, model, MICRO_DOLLARS, value)
    return None
