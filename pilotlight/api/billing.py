"""Plans of the service, what its tenants have used, and what they and you pay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # what a workflow needs loads when a function is called
    from pilotlight.metering import CostLine, Invoice, PlanChange, RequestShape, UsageRow
    from pilotlight.workflows.usage import AuditResult


def apply_plans(*, dry_run: bool = False, table: str = "", project: AnyProject = None) -> list[PlanChange]:
    """Give each tenant the limits that plans.toml has for its plan. What it has used stays used.

    Args:
        dry_run: Only look.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The changes.

    Raises:
        MeteringError: A tenant has a plan that plans.toml lacks; nothing is changed.
        ProjectError: plans.toml is missing or wrong.
    """
    from pilotlight.workflows.plans import apply

    return apply(make_context(project), table, dry_run=dry_run)


def assign_plan(plan: str, *, tenant: str, table: str = "", project: AnyProject = None) -> PlanChange:
    """Give a tenant another plan. What it has used stays used.

    Args:
        plan: A plan of plans.toml.
        tenant: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The limits before and after.

    Raises:
        MeteringError: There is no such tenant or plan, or the tenant is deleted.
        ProjectError: plans.toml is missing or wrong.
    """
    from pilotlight.workflows.plans import assign

    return assign(tenant, plan, make_context(project), table)


def estimate_costs(shape: RequestShape | None = None, *, prices: str | Path | None = None) -> list[CostLine]:
    """Compute what a million requests of the service cost on AWS.

    Args:
        shape: What a request takes; None for the defaults of `RequestShape`.
        prices: A file of AWS's prices; None for the one that comes with Pilotlight.

    Returns:
        The lines of the cost, in US dollars.

    Raises:
        MeteringError: The shape is none that AWS serves.
        ProjectError: The file of prices is missing or wrong.
    """
    from pilotlight.workflows.plans import RequestShape, estimate

    return estimate(shape or RequestShape(), None if prices is None else Path(prices))[1]


def usage(*, tenant: str = "", month: str = "", table: str = "", project: AnyProject = None) -> list[UsageRow]:
    """Read what tenants have used in a month, by key and model.

    Args:
        tenant: The tenant's name; "" for all.
        month: Such as 2026-11, in UTC; "" for the present one.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        A row for each counter.

    Raises:
        MeteringError: There is no such tenant, or the month is none.
    """
    from pilotlight.workflows.usage import UsageRequest, read_usage

    return read_usage(UsageRequest(tenant, month, table), make_context(project))


def audit_usage(
    *,
    tenant: str = "",
    month: str = "",
    logs: Sequence[str | Path] = (),
    log_group: str = "",
    credit: bool = False,
    force: bool = False,
    table: str = "",
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> AuditResult:
    """Compare the counters of a month with the functions' log.

    Args:
        tenant: The tenant's name; "" for all.
        month: Such as 2026-11, in UTC; "" for the present one.
        logs: Files with lines of the log, plain or .gz; empty for the log group.
        log_group: The log group; "" for that of [service] in pilotlight.toml.
        credit: Take from the counters what was charged and not answered.
        force: Credit by a log that lacks many of the month's requests, too.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        Every counter that differs from the log, and what was credited.

    Raises:
        MeteringError: The log cannot be read, what differs cannot be credited yet, or so many requests are not in the
            log that it cannot be the whole one.
    """
    from pilotlight.workflows.usage import AuditRequest, UsageRequest
    from pilotlight.workflows.usage import audit_usage as audit

    request = AuditRequest(tuple(Path(log) for log in logs), log_group, credit, force)
    return audit(UsageRequest(tenant, month, table), request, make_context(project, progress))


def archive_usage(*, tenant: str = "", table: str = "", project: AnyProject = None) -> dict[str, list[str]]:
    """Move the counters of months that have been over for a day out of the tenants' items.

    Args:
        tenant: The tenant's name; "" for all.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The months that were moved, by the tenant's name.

    Raises:
        MeteringError: There is no such tenant, or somebody else changed its counters at the same time.
    """
    from pilotlight.workflows.usage import UsageRequest, archive_months

    return archive_months(UsageRequest(tenant, "", table), make_context(project))


def invoice(
    tenant: str,
    month: str,
    *,
    folder: str | Path | None = None,
    buyer: Sequence[str] = (),
    table: str = "",
    project: AnyProject = None,
) -> Invoice:
    """Build a tenant's invoice for a month.

    Args:
        tenant: The tenant's name.
        month: Such as 2026-11, in UTC.
        folder: Where the invoice is written as HTML, CSV and JSON; None to write no files.
        buyer: Who gets it, line by line; empty for the tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The invoice, with amounts in whole micro-dollars.

    Raises:
        MeteringError: There is no such tenant, or the month is none.
        ProjectError: A model.toml or pilotlight.toml is wrong.
    """
    from pilotlight.workflows.invoice import InvoiceRequest, make_invoice

    request = InvoiceRequest(tenant, month, None if folder is None else Path(folder), tuple(buyer), table)
    return make_invoice(request, make_context(project))[0]
