"""Compares the counters with the log, and credits what was charged and not answered.

A function writes the counters first, then the line of the log, then the answer. So a counter may be ahead of the log:
by a reply of the table that was lost, by a function that ended in between, or by a reservation that was not settled.
No answer left for any of these, and they are credited. A log that is ahead of a counter has no such reason.
"""

from __future__ import annotations

from collections import Counter as Sums
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Path, Update
from pilotlight.metering.administration import Administration, record_action
from pilotlight.metering.archive import locate_counters
from pilotlight.metering.counters import MICRO_DOLLARS, Counter, read_counters
from pilotlight.metering.itemised import ItemisedCharge
from pilotlight.metering.months import require_settled
from pilotlight.metering.tenant_item import SCHEMA, Tenant
from pilotlight.metering.tenants import build_conflict
from pilotlight_runtime.metering.ledger import CHARGE_LOST
from pilotlight_runtime.metering.tariff import REQUESTS

_FEW: Final = 100
"""Requests that a log may lack in a month."""
_SHARE: Final = 10
"""The part of a month's requests that a log may lack, as a divisor: more is taken for a log that is not whole."""


class Difference(NamedTuple):
    """A counter that differs from the log.

    Attributes:
        tenant: The tenant's name.
        counter: The counter as the table has it.
        logged: What the lines of the log sum up to.
        lost: How much of the difference the log names as charges whose reply was lost.
    """

    tenant: str
    counter: Counter
    logged: int
    lost: int

    @property
    def ahead(self) -> int:
        """How much more is charged than the log has answered; below 0 where the log has more."""
        return self.counter.value - self.logged


def find_differences(tenants: Iterable[Tenant], lines: Iterable[ItemisedCharge], month: str) -> list[Difference]:
    """Compare the counters of a month with the log.

    Args:
        tenants: The tenants.
        lines: What the log itemises. Lines of other months and tenants are passed over.
        month: YYYY-MM, in UTC.

    Returns:
        Each counter that differs, in the order of tenants and counters.
    """
    known = {tenant.id: tenant for tenant in tenants}
    logged, lost = _sum_lines((line for line in lines if line.tenant in known), month)
    found = []
    for tenant_id, tenant in known.items():
        counted = [counter for counter in read_counters(tenant.item) if counter.month == month]
        counters = {_Place(each.key, each.model, each.unit): each for each in counted}
        for place in sorted({*counters, *logged[tenant_id], *lost[tenant_id]}):
            counter = counters.get(place, Counter(month, *place, 0))
            difference = Difference(tenant.name, counter, logged[tenant_id][place], lost[tenant_id][place])
            if difference.ahead:
                found.append(difference)
    return found


def require_whole_log(tenants: Iterable[Tenant], found: Iterable[Difference], month: str) -> None:
    """Raise MeteringError where so many charges are not in the log that it cannot be the whole one.

    Such a log begins later than the month, is that of something else, or was cut. A credit by it would give away what
    was answered.

    Args:
        tenants: The tenants that were compared.
        found: The differences.
        month: YYYY-MM, in UTC.
    """
    counters = (counter for tenant in tenants for counter in read_counters(tenant.item))
    counted = sum(counter.value for counter in counters if counter.month == month and counter.unit == REQUESTS)
    differences = [each for each in found if each.counter.unit == REQUESTS and each.ahead > 0]
    ahead = sum(each.ahead for each in differences)
    unexplained = ahead - sum(min(each.lost, each.ahead) for each in differences)
    if not unexplained or (unexplained < counted and unexplained <= max(_FEW, counted // _SHARE)):
        return
    what = (
        f"has {counted - ahead:,} of the {counted:,} requests of {month}, so it is hardly whole; nothing was credited"
    )
    hint = "Check that it reaches back to the month's first day. If it is whole, run the command with --force."
    raise MeteringError("the log", what, hint)


def credit(administration: Administration, tenants: Iterable[Tenant], found: Iterable[Difference]) -> list[Difference]:
    """Take from the counters of a month that is over what was charged and not answered.

    Args:
        administration: The table, who changes it, and the time.
        tenants: The tenants that were compared.
        found: The differences. Those where the log is ahead are left.

    Returns:
        The differences that were credited.

    Raises:
        MeteringError: The month has not been over for an hour, so that answers may still be under way; or a counter
            was changed since it was read.
    """
    named = {tenant.name: tenant for tenant in tenants}
    ahead = [difference for difference in found if difference.ahead > 0]
    for difference in ahead:
        require_settled(difference.counter.month, administration.clock())
    credited = []
    for difference in ahead:
        counter, tenant = difference.counter, named[difference.tenant]
        partition, sk, folder = locate_counters(administration, tenant, counter.month)
        field: Path = (*folder, counter.field)
        values = {"before": counter.value, "after": difference.logged}
        record_action(administration, tenant.id, "usage credit", counter=counter.field, **values)
        change = Update(set={field: difference.logged}, expect={("schema",): SCHEMA, field: counter.value})
        if not administration.table.update(partition, sk, change):
            raise build_conflict(f"counter {counter.field} of tenant {difference.tenant}")
        credited.append(difference)
    return credited


class _Place(NamedTuple):
    """What a counter of a tenant counts, in any month."""

    key: str
    model: str
    unit: str


_Ledger = defaultdict[str, Sums[_Place]]
"""Sums by the tenant's id."""


def _sum_lines(lines: Iterable[ItemisedCharge], month: str) -> tuple[_Ledger, _Ledger]:
    """Sum up by tenant, key, model and unit: what was answered, and what may be charged without an answer."""
    logged: _Ledger = defaultdict(Sums)
    lost: _Ledger = defaultdict(Sums)
    for line in lines:
        if line.month != month:
            continue
        sums = lost if line.message == CHARGE_LOST else logged
        for unit, count in {**line.counts, MICRO_DOLLARS: line.micro_dollars}.items():
            sums[line.tenant][_Place(line.key, line.model, unit)] += count
    return logged, lost
