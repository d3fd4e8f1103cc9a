"""An invoice: what a tenant's counters say of one month, with the prices that were valid then.

The counters are the money: each answer's amount was computed from the prices of its day, rounded up to a micro-dollar,
and added. An invoice only sums whole micro-dollars, so that another program gets the same sum. It also says where
the amounts cannot come from the prices in model.toml, such as where a function was deployed with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from pilotlight.metering.counters import MICRO_DOLLARS, read_counters
from pilotlight.metering.months import end_of_month
from pilotlight.metering.tenant_item import Tenant
from pilotlight_runtime.metering.tariff import COUNTED, REQUESTS, Tariff

_MILLION: Final = 1_000_000
_MICRO_CENT: Final = 10_000
"""Micro-dollars of a cent."""


class InvoiceLine(NamedTuple):
    """What one key has used of one model.

    Attributes:
        key: The key's id.
        label: The key's label; "" where it is not known.
        model: The model.
        counts: By unit.
        micro_dollars: The amount.
    """

    key: str
    label: str
    model: str
    counts: Mapping[str, int]
    micro_dollars: int


class DatedPrice(NamedTuple):
    """A price that was valid in the month, or in a part of it.

    Attributes:
        model: The model.
        first_day: YYYY-MM-DD, in UTC.
        unit: Such as rows.
        micro_dollars: For a million of it.
    """

    model: str
    first_day: str
    unit: str
    micro_dollars: int


class Invoice(NamedTuple):
    """An invoice.

    Attributes:
        number: Its number: month and tenant.
        tenant: The tenant's name.
        month: YYYY-MM, in UTC.
        issued: The day on which it was made.
        seller: Who sends it, line by line.
        buyer: Who gets it, line by line.
        lines: By model and key.
        prices: Those that were valid.
        notes: What is to be checked before it is sent, such as amounts that cannot come from the prices.
    """

    number: str
    tenant: str
    month: str
    issued: date
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    lines: tuple[InvoiceLine, ...]
    prices: tuple[DatedPrice, ...]
    notes: tuple[str, ...]

    @property
    def period(self) -> tuple[str, str]:
        """The first and the last day of the month, as YYYY-MM-DD."""
        last = end_of_month(self.month) - timedelta(days=1)
        return f"{self.month}-01", last.date().isoformat()

    @property
    def total(self) -> int:
        """The sum of the lines in micro-dollars."""
        return sum(line.micro_dollars for line in self.lines)

    @property
    def due_cents(self) -> int:
        """The sum in cents, rounded once, half a cent up."""
        return (2 * self.total + _MICRO_CENT) // (2 * _MICRO_CENT)


def build_invoice(
    tenant: Tenant,
    month: str,
    issued: date,
    tariffs: Mapping[str, Tariff],
    *,
    seller: Iterable[str] = (),
    buyer: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Invoice:
    """Build the invoice of a month.

    Args:
        tenant: The tenant.
        month: YYYY-MM, in UTC.
        issued: Today.
        tariffs: By model.
        seller: Who sends it, line by line.
        buyer: Who gets it, line by line; the tenant's name where it is empty.
        notes: What is to be checked besides the amounts.
    """
    lines = tuple(_build_lines(tenant, month))
    models = sorted({line.model for line in lines})
    prices = tuple(price for model in models for price in _list_prices(model, tariffs.get(model), month))
    doubts = (note for line in lines for note in _check_amount(line, prices, month))
    return Invoice(
        number=f"{month}-{tenant.name}",
        tenant=tenant.name,
        month=month,
        issued=issued,
        seller=tuple(seller),
        buyer=tuple(buyer) or (tenant.name,),
        lines=lines,
        prices=prices,
        notes=(*notes, *doubts),
    )


def _build_lines(tenant: Tenant, month: str) -> list[InvoiceLine]:
    found: dict[tuple[str, str], dict[str, int]] = {}
    for counter in read_counters(tenant.item):
        if counter.month == month and counter.value:
            found.setdefault((counter.model, counter.key), {})[counter.unit] = counter.value
    lines = []
    for (model, key), counts in sorted(found.items()):
        amount = counts.pop(MICRO_DOLLARS, 0)
        ordered: dict[str, int] = {unit: counts[unit] for unit in COUNTED if unit in counts}
        lines.append(InvoiceLine(key, tenant.labels.get(key, ""), model, ordered, amount))
    return lines


def _list_prices(model: str, tariff: Tariff | None, month: str) -> list[DatedPrice]:
    """Return the prices of a model that were valid on any day of a month, the earliest first."""
    days = sorted(tariff.prices) if tariff else []
    before = [day for day in days if day <= f"{month}-01"][-1:]
    within = [day for day in days if f"{month}-01" < day <= f"{month}-31"]
    return [
        DatedPrice(model, day, unit, rate)
        for day in (*before, *within)
        for unit, rate in (tariff.prices[day] if tariff else {}).items()
    ]


def _check_amount(line: InvoiceLine, prices: Iterable[DatedPrice], month: str) -> list[str]:
    """Say where an amount is lower or higher than any of the month's prices can make it."""
    own = [price for price in prices if price.model == line.model]
    days = {price.first_day for price in own}
    least = most = 0
    for unit, count in line.counts.items():
        rates = [price.micro_dollars for price in own if price.unit == unit]
        # A day without a price for the unit, or days of the month before the first price, give 0.
        free = len(rates) < len(days) or not days or min(days) > f"{month}-01"
        least += count * (0 if free else min(rates, default=0))
        most += count * max(rates, default=0)
    rounding = line.counts.get(REQUESTS, 0) * _MILLION  # at most a micro-dollar for each answer
    if least <= line.micro_dollars * _MILLION <= most + rounding:
        return []
    what = f"{line.model}, key {line.key}: the amount does not follow from the prices in model.toml."
    return [f"{what} The function may have been deployed with other prices, or later than their first day."]
