"""What tenants have used, and whether the log agrees with it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.service_settings import read_service_settings
from pilotlight.metering import (
    MESSAGES,
    MICRO_DOLLARS,
    SETTLING,
    Administration,
    Difference,
    ItemisedLog,
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
    require_settled,
    require_whole_log,
    with_archives,
    write_usage_csv,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context
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

PATTERN: Final = "{ " + " || ".join(f'($.message = "{message}")' for message in MESSAGES) + " }"
"""Selects the lines that itemise charges, see pilotlight_runtime.metering.ledger.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", JSON patterns of compound expressions.
"""
_MOST_BYTES: Final = 1 << 20
"""Of a line. CloudWatch Logs takes no longer event."""
_LINES_BETWEEN_NOTES: Final = 100_000


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
        force: Whether that is done by a log that lacks a large part of the month's requests, too.
    """

    logs: tuple[Path, ...] = ()
    log_group: str = ""
    credit: bool = False
    force: bool = False


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
    lines = _open_log(audit, month, context)
    log = ItemisedLog(_report_lines(lines, context.progress.note))
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


def _open_log(audit: AuditRequest, month: str, context: Context) -> Iterable[str]:
    if audit.logs:
        return _read_files(context.path(path) for path in audit.logs)
    group = audit.log_group or read_service_settings(context.project.root).log_group
    if not group:
        hint = 'Add log_group = "/NAME/STAGE/models" to [service] in pilotlight.toml, or give --log-group or --log.'
        raise MeteringError("the log", "is not named, and an audit compares the counters with it", hint)
    from pilotlight.aws import Clients, LogLines

    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    log = LogLines(Clients().logs, group)
    if audit.credit and not audit.force:
        _require_kept(group, log.read_retention(), begin, context.clock())
    return log.read(begin, end_of_month(month) + SETTLING, PATTERN)


def _require_kept(group: str, retention: timedelta | None, begin: datetime, now: datetime) -> None:
    """Raise MeteringError where a log group has forgotten the month's first days: their answers would be credited."""
    if retention is not None and now - retention > begin:
        what = f"keeps lines for {retention.days} days, which {begin:%Y-%m} began before; nothing was credited"
        hint = "Set the parameter LogRetentionDays to 60 or more. To credit by what is left, give --force."
        raise MeteringError(f"log group {group}", what, hint)


def _report_lines(lines: Iterable[str], note: Callable[[str], None]) -> Iterator[str]:
    """Yield lines, and say now and then how many there were."""
    for number, line in enumerate(lines, 1):
        if number % _LINES_BETWEEN_NOTES == 0:
            note(f"{number:,} lines read")
        yield line


def _read_files(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        origin = Origin(str(path), "Check the file, and give it again.", MeteringError)
        with open_file(path, origin) as file:
            if path.suffix != ".gz":
                yield from _read_lines(file)
                continue
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _read_lines(unpacked)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise origin.refuse(f"is no whole gzip file: {error}") from error


def _read_lines(file: BinaryIO | gzip.GzipFile) -> Iterator[str]:
    """Yield the lines of a file. One that is longer than any line of a log comes in parts, which are no JSON."""
    while line := file.readline(_MOST_BYTES):
        yield line.decode("utf-8", "replace")
