"""What tenants have used, and whether the log agrees with it."""

from __future__ import annotations

from datetime import UTC
from typing import NamedTuple

from pilotlight.metering import (
    MICRO_DOLLARS,
    Administration,
    Difference,
    ItemisedLog,
    Tenant,
    UsageRow,
    archive_usage,
    check_month,
    credit,
    find_differences,
    find_tenant,
    format_micro_dollars,
    is_settled,
    list_tenants,
    list_usage,
    require_settled,
    require_whole_log,
    with_archives,
    write_usage_csv,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context
from pilotlight.workflows.usage_log import AuditRequest, open_log
from pilotlight_runtime.metering.tariff import COUNTED

__all__ = [
    "COUNTED",
    "MICRO_DOLLARS",
    "AuditRequest",
    "AuditResult",
    "Difference",
    "UsageRequest",
    "UsageRow",
    "archive_months",
    "audit_usage",
    "format_micro_dollars",
    "read_usage",
    "write_usage_csv",
]


class UsageRequest(NamedTuple):
    """Whose usage of which month.

    Attributes:
        tenant: The tenant's name; "" for all.
        month: YYYY-MM in UTC; "" for the present one.
        table: What the command says of the table; "" for the project's own.
    """

    tenant: str = ""
    month: str = ""
    table: str = ""


class AuditResult(NamedTuple):
    """What an audit found.

    Attributes:
        month: YYYY-MM, in UTC.
        settled: Whether the month has been over for an hour, so that nothing is under way.
        differences: Every counter that differs from the log.
        credited: Those that were credited.
        read: How many charges the log itemises, each once.
        repeated: How many lines were passed over because the log has them twice.
    """

    month: str
    settled: bool
    differences: list[Difference]
    credited: list[Difference]
    read: int
    repeated: int


def read_usage(request: UsageRequest, context: Context) -> list[UsageRow]:
    """Return the counters of a month.

    Raises:
        MeteringError: There is no such tenant, or the month is none.
    """
    month = _choose_month(request, context)
    return list_usage(_choose_tenants(request, open_administration(context, request.table)), month)


def audit_usage(request: UsageRequest, audit: AuditRequest, context: Context) -> AuditResult:
    """Compare the counters of a month with the functions' log.

    Counters are read first, and the log afterwards: whatever the log has more was answered in between.

    Args:
        request: Whose usage of which month.
        audit: Where the log is, and whether differences are credited.
        context: The project, the user and the clock.

    Raises:
        MeteringError: The log cannot be read, what differs cannot be credited yet, or so many requests are not in the
            log that it cannot be the whole one.
    """
    month = _choose_month(request, context)
    administration = open_administration(context, request.table)
    if audit.credit:
        require_settled(month, context.clock())
    context.progress.stage("counters")
    tenants = _choose_tenants(request, administration)
    context.progress.stage("log")
    log = ItemisedLog(open_log(audit, month, context))
    found = find_differences(tenants, log, month)
    settled = is_settled(month, context.clock())
    if audit.credit and not audit.force:
        require_whole_log(tenants, found, month)
    credited = credit(administration, tenants, found) if audit.credit else []
    return AuditResult(month, settled, found, credited, log.read, log.repeated)


def archive_months(request: UsageRequest, context: Context) -> dict[str, list[str]]:
    """Move the counters of months that are over out of the tenants' items.

    Args:
        request: Whose usage. Every month that has been over for a day is moved.
        context: The project, the user and the clock.

    Returns:
        The months that were moved, by the tenant's name.
    """
    administration = open_administration(context, request.table)
    table = administration.table
    tenants = [find_tenant(table, request.tenant)] if request.tenant else list_tenants(table)
    context.progress.stage("archive")
    moved = {}
    for number, tenant in enumerate(tenants, 1):
        moved[tenant.name] = archive_usage(administration, tenant)
        context.progress.step(number, len(tenants), {})
    return {name: months for name, months in moved.items() if months}


def _choose_month(request: UsageRequest, context: Context) -> str:
    return check_month(request.month) if request.month else f"{context.clock().astimezone(UTC):%Y-%m}"


def _choose_tenants(request: UsageRequest, administration: Administration) -> list[Tenant]:
    table = administration.table
    found = [find_tenant(table, request.tenant)] if request.tenant else list_tenants(table)
    return [with_archives(table, tenant) for tenant in found]
