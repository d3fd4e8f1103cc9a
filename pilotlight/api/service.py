"""The service: tenants, keys, plans, usage and invoices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # what a workflow needs loads when a function is called
    from pilotlight.metering import (
        AuditEntry,
        CostLine,
        CreatedTenant,
        Invoice,
        IssuedKey,
        Key,
        Migration,
        PlanChange,
        RequestShape,
        Tenant,
        UsageRow,
    )
    from pilotlight.workflows.forget import ForgottenTenant
    from pilotlight.workflows.usage import AuditResult


def create_tenant(name: str, plan: str, *, table: str = "", project: AnyProject = None) -> CreatedTenant:
    """Create a tenant, or find it where it exists with the same plan.

    Args:
        name: Lower-case letters, digits and hyphens, at most 63.
        plan: A plan of the project's plans.toml.
        table: The service's table: its name in DynamoDB, or sqlite: and a path; "" for that of the environment or of
            pilotlight.toml.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenant, and whether this call created it.

    Raises:
        MeteringError: The name is not valid or taken, there is no such plan, or the table cannot be used.
        ProjectError: plans.toml is missing or wrong.
    """
    from pilotlight.workflows.tenants import TenantRequest, create

    return create(TenantRequest(name, table), plan, make_context(project))


def tenants(*, table: str = "", project: AnyProject = None) -> list[Tenant]:
    """List the tenants, deleted ones too, with what is left of the present day and month.

    Args:
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenants by name.

    Raises:
        MeteringError: The table cannot be read, or is of another schema.
    """
    from pilotlight.workflows.tenants import list_all

    return list_all(table, make_context(project))


def suspend_tenant(name: str, *, table: str = "", project: AnyProject = None) -> Tenant:
    """Refuse a tenant's requests, from the very next answer on. Its keys and counters stay.

    Args:
        name: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenant as it is afterwards.

    Raises:
        MeteringError: There is no such tenant, it is deleted, or somebody else changed it at the same time.
    """
    return _change_state(name, "suspended", table, project)


def resume_tenant(name: str, *, table: str = "", project: AnyProject = None) -> Tenant:
    """Answer a suspended tenant again.

    Args:
        name: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenant as it is afterwards.

    Raises:
        MeteringError: There is no such tenant, it is deleted, or somebody else changed it at the same time.
    """
    return _change_state(name, "active", table, project)


def delete_tenant(name: str, *, table: str = "", project: AnyProject = None) -> Tenant:
    """Delete a tenant's keys for good. Its counters and its audit trail stay, for invoices.

    Args:
        name: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenant as it is afterwards.

    Raises:
        MeteringError: There is no such tenant, or somebody else changed it at the same time.
    """
    return _change_state(name, "deleted", table, project)


def tenant_history(name: str, *, table: str = "", project: AnyProject = None) -> list[AuditEntry]:
    """Read who did what to a tenant and its keys.

    Args:
        name: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The entries of its audit trail, oldest first.

    Raises:
        MeteringError: There is no such tenant, or the table cannot be read.
    """
    from pilotlight.workflows.tenants import TenantRequest, read_history

    return read_history(TenantRequest(name, table), make_context(project))


def migrate_tenants(*, table: str = "", project: AnyProject = None) -> Migration:
    """Bring a table of an older schema to the one that this release reads.

    Args:
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The names of the tenants that were changed, and of those that had the schema already.

    Raises:
        MeteringError: The table is of a schema that this release cannot turn into its own.
    """
    from pilotlight.workflows.tenants import migrate_table

    return migrate_table(table, make_context(project))


def forget_tenant(name: str, *, table: str = "", project: AnyProject = None) -> ForgottenTenant:
    """Delete a tenant and the labels of its keys, and replace its name by a pseudonym.

    Args:
        name: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The pseudonym, under which its counters stay, and until when the name could be recovered.

    Raises:
        MeteringError: There is no such tenant, or somebody else changed it at the same time.
    """
    from pilotlight.workflows.forget import forget
    from pilotlight.workflows.tenants import TenantRequest

    return forget(TenantRequest(name, table), make_context(project))


def create_key(
    tenant: str,
    *,
    label: str = "default",
    models: Sequence[str] = (),
    expires: str = "",
    test: bool = False,
    table: str = "",
    project: AnyProject = None,
) -> IssuedKey:
    """Create a key, or find it where the tenant has one with this label and these settings.

    Args:
        tenant: The tenant's name.
        label: The key's name within the tenant.
        models: The models that it may ask; empty for all.
        expires: Its last day in UTC, such as 2026-12-31, or a time such as 90d; "" for never.
        test: Whether it begins with plk_test_. It is charged like any other.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key. `secret` is there only where this call made it: the table has no secret to show again.

    Raises:
        MeteringError: There is no such tenant, the label is that of a key with other settings, the tenant has too many
            keys, or the expiry is over.
        ProjectError: The project has no such model.
    """
    from pilotlight.workflows.keys import KeyRequest, create

    return create(KeyRequest(tenant, label, tuple(models), expires, test, table), make_context(project))


def keys(tenant: str, *, table: str = "", project: AnyProject = None) -> list[Key]:
    """List a tenant's keys, without their secrets.

    Args:
        tenant: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The keys, oldest first; one that was rotated is there once for each secret.

    Raises:
        MeteringError: There is no such tenant, or the table cannot be read.
    """
    from pilotlight.workflows.keys import list_of

    return list(list_of(tenant, table, make_context(project)).keys)


def rotate_key(
    key: str, *, tenant: str = "", grace: str = "24h", table: str = "", project: AnyProject = None
) -> IssuedKey:
    """Make a new secret for a key. The old one is accepted for a while; label, models and counters stay.

    Args:
        key: The key's label or id, or the whole key.
        tenant: The tenant's name; a whole key needs none.
        grace: How long the old secret is accepted, such as 24h or 0s.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key with its new secret.

    Raises:
        MeteringError: There is no such tenant or key, it has expired, or somebody else changed it at the same time.
    """
    from pilotlight.workflows.keys import rotate

    return rotate(tenant, key, grace, table, make_context(project))


def revoke_key(key: str, *, tenant: str = "", table: str = "", project: AnyProject = None) -> Key:
    """Refuse a key from the very next answer on. Its counters stay.

    Args:
        key: The key's label or id, or the whole key.
        tenant: The tenant's name; a whole key needs none.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key that was revoked.

    Raises:
        MeteringError: There is no such tenant or key, or somebody else changed it at the same time.
    """
    from pilotlight.workflows.keys import revoke

    return revoke(tenant, key, table, make_context(project))


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


def _change_state(name: str, state: str, table: str, project: AnyProject) -> Tenant:
    from pilotlight.workflows.tenants import TenantRequest, change_state

    return change_state(TenantRequest(name, table), state, make_context(project))
