"""What tenants have used, and whether the log agrees with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.service_settings import read_service_settings
from pilotlight.metering import (
    MICRO_DOLLARS,
    SETTLING,
    Administration,
    Difference,
    Tenant,
    UsageRow,
    archive_usage,
    check_month,
    credit,
    end_of_month,
    find_differences,
    find_tenant,
    format_micro_dollars,
    is_settled,
    list_tenants,
    list_usage,
    read_itemised,
    require_settled,
    with_archives,
    write_usage_csv,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context

__all__ = [
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

_PATTERN: Final = '{ ($.message = "charge*") || ($.message = "settlement lost") }'
"""The lines that itemise charges, see pilotlight_runtime.metering.ledger."""


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


class AuditRequest(NamedTuple):
    """Where the log is, and whether what differs is credited.

    Attributes:
        logs: Files with lines of the log; empty for the log group.
        log_group: The log group; "" for that of [service] in pilotlight.toml.
        credit: Whether what was charged and not answered is taken from the counters.
    """

    logs: tuple[Path, ...] = ()
    log_group: str = ""
    credit: bool = False


class AuditResult(NamedTuple):
    """What an audit found.

    Attributes:
        month: YYYY-MM, in UTC.
        settled: Whether the month has been over for an hour, so that nothing is under way.
        differences: Every counter that differs from the log.
        credited: Those that were credited.
    """

    month: str
    settled: bool
    differences: list[Difference]
    credited: list[Difference]


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
        MeteringError: The log cannot be read, or what differs cannot be credited yet.
    """
    month = _choose_month(request, context)
    administration = open_administration(context, request.table)
    if audit.credit:
        require_settled(month, context.clock())
    tenants = _choose_tenants(request, administration)
    found = find_differences(tenants, read_itemised(_read_log(audit, month, context)), month)
    settled = is_settled(month, context.clock())
    credited = credit(administration, tenants, found) if audit.credit else []
    return AuditResult(month, settled, found, credited)


def archive_months(request: UsageRequest, context: Context) -> dict[str, list[str]]:
    """Move the counters of months that are over out of the tenants' items.

    Args:
        request: Whose usage. Every month that has been over for an hour is moved.
        context: The project, the user and the clock.

    Returns:
        The months that were moved, by the tenant's name.
    """
    administration = open_administration(context, request.table)
    table = administration.table
    tenants = [find_tenant(table, request.tenant)] if request.tenant else list_tenants(table)
    moved = {tenant.name: archive_usage(administration, tenant) for tenant in tenants}
    return {name: months for name, months in moved.items() if months}


def _choose_month(request: UsageRequest, context: Context) -> str:
    return check_month(request.month) if request.month else f"{context.clock().astimezone(UTC):%Y-%m}"


def _choose_tenants(request: UsageRequest, administration: Administration) -> list[Tenant]:
    table = administration.table
    found = [find_tenant(table, request.tenant)] if request.tenant else list_tenants(table)
    return [with_archives(table, tenant) for tenant in found]


def _read_log(audit: AuditRequest, month: str, context: Context) -> Iterable[str]:
    if audit.logs:
        return _read_files(context.path(path) for path in audit.logs)
    group = audit.log_group or read_service_settings(context.project.root).log_group
    if not group:
        hint = 'Add log_group = "/NAME/STAGE/models" to [service] in pilotlight.toml, or give --log-group or --log.'
        raise MeteringError("the log", "is not named, and an audit compares the counters with it", hint)
    from pilotlight.aws import Clients, LogLines

    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    return LogLines(Clients().logs, group).read(begin, end_of_month(month) + SETTLING, _PATTERN)


def _read_files(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        origin = Origin(str(path), "Check its path and its permissions.", MeteringError)
        with open_file(path, origin) as file:
            for line in file:
                yield line.decode("utf-8", "replace")
