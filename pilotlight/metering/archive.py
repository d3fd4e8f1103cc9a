"""Moves the counters of months that are over out of the tenants' items, whose size every answer pays for.

A month's counters are first written to an item of their own, then removed from the tenant's. Where a move stops in
between, both have the same values, and readers count them once. The next move goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Path, Update
from pilotlight.metering.administration import Administration, read_audit_trail, record_action
from pilotlight.metering.counters import read_counters
from pilotlight.metering.months import ARCHIVING, is_settled
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import SCHEMA, STATE, Tenant, require_schema
from pilotlight.metering.tenants import find_tenant, make_change

_ARCHIVE: Final = "usage#"
"""Begins the partition of a tenant's archived months. IAM tells partitions apart, and so keeps functions out of it."""
_MOST_FIELDS: Final = 60
"""Fields that one update removes. DynamoDB Developer Guide, "Limits": an expression has at most 4 kB."""


def archive_usage(administration: Administration, tenant: Tenant) -> list[str]:
    """Move the counters of a tenant's months that have been over for a day.

    Args:
        administration: The table, who changes it, and the time.
        tenant: The tenant as it was read.

    Returns:
        The months that were moved.

    Raises:
        MeteringError: A counter is in both places with different values, or was changed at the same time.
    """
    months = sorted({counter.month for counter in read_counters(tenant.item)})
    over = [month for month in months if is_settled(month, administration.clock(), ARCHIVING)]
    for month in over:
        _move(administration, tenant, month)
    return over


def with_archives(table: Table, tenant: Tenant) -> Tenant:
    """Return a tenant whose item has the counters of archived months too, and with the labels of revoked keys.

    Args:
        table: The service's table.
        tenant: The tenant as it was read.

    Raises:
        MeteringError: A counter is in both places with different values.
    """
    item = dict(tenant.item)
    for month, archived in table.list_items(name_archive_partition(tenant.id)):
        require_schema(archived, table.location)
        counters = archived["counters"]
        _require_equal(tenant, month, counters)
        item |= counters
    entries = (entry.detail for entry in read_audit_trail(table, tenant.id))
    labels = {detail["key"]: detail["label"] for detail in entries if "key" in detail and "label" in detail}
    return tenant._replace(item=item, labels={**labels, **tenant.labels})


def locate_counters(administration: Administration, tenant: Tenant, month: str) -> tuple[str, str, Path]:
    """Return where a month's counters are, after a move that stopped in between has been finished.

    Args:
        administration: The table, who changes it, and the time.
        tenant: The tenant.
        month: YYYY-MM, in UTC.

    Returns:
        The partition and the sort key of the item, and the field of it that holds the counters; () where they are its
        own fields.
    """
    table, partition = administration.table, name_archive_partition(tenant.id)
    if table.read(partition, month) is None:
        return tenant.id, STATE, ()
    present = find_tenant(table, tenant.name)
    if any(counter.month == month for counter in read_counters(present.item)):
        _move(administration, present, month)
    return partition, month, ("counters",)


def _move(administration: Administration, tenant: Tenant, month: str) -> None:
    table, partition = administration.table, name_archive_partition(tenant.id)
    counters = {each.field: each.value for each in read_counters(tenant.item) if each.month == month}
    record_action(administration, tenant.id, "usage archive", month=month)
    if not table.create(partition, month, {"schema": SCHEMA, "counters": counters}):
        known = table.read(partition, month) or {}
        _require_equal(tenant, month, known.get("counters", {}))
        if not counters.keys() <= known.get("counters", {}).keys():
            raise _build_difference(tenant, month)
    fields = sorted(counters)
    for begin in range(0, len(fields), _MOST_FIELDS):
        part = fields[begin : begin + _MOST_FIELDS]
        change = Update(
            remove=[(field,) for field in part],
            expect={("schema",): SCHEMA, **{(field,): counters[field] for field in part}},
        )
        make_change(table, tenant.id, change, f"usage of tenant {tenant.name} in {month}")


def name_archive_partition(tenant_id: str) -> str:
    """Return the partition key of a tenant's archived months, whose sort keys are the months."""
    return f"{_ARCHIVE}{tenant_id}"


def _require_equal(tenant: Tenant, month: str, counters: Mapping[str, int]) -> None:
    if any(tenant.item.get(field, value) != value for field, value in counters.items()):
        raise _build_difference(tenant, month)


def _build_difference(tenant: Tenant, month: str) -> MeteringError:
    what = "has counters in the tenant's item and in the archive that differ, so that neither can be taken"
    hint = "Compare both with the log of that month, and remove one of them with the AWS CLI."
    return MeteringError(f"usage of tenant {tenant.name} in {month}", what, hint)
