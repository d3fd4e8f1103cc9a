"""Tenants of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProject, make_context

if TYPE_CHECKING:  # what a workflow needs loads when a function is called
    from pilotlight.metering import AuditEntry, CreatedTenant, Migration, Tenant
    from pilotlight.workflows.forget import ForgottenTenant


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


def _change_state(name: str, state: str, table: str, project: AnyProject) -> Tenant:
    from pilotlight.workflows.tenants import TenantRequest, change_state

    return change_state(TenantRequest(name, table), state, make_context(project))
