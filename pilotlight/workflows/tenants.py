"""Tenants of the service: created, listed, suspended, resumed, deleted, and what was done to them."""

from __future__ import annotations

from typing import NamedTuple

from pilotlight.metering import (
    ACTIVE,
    DELETED,
    PLANS_NAME,
    AuditEntry,
    CreatedTenant,
    Migration,
    Tenant,
    Window,
    create_tenant,
    find_tenant,
    list_tenants,
    migrate,
    read_audit_trail,
    read_plans,
    require_plan,
    roll_windows,
    set_state,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context
from pilotlight_runtime.metering.windows import label_windows

__all__ = [
    "ACTIVE",
    "DELETED",
    "AuditEntry",
    "CreatedTenant",
    "Migration",
    "Tenant",
    "TenantRequest",
    "Window",
    "change_state",
    "create",
    "list_all",
    "migrate_table",
    "read_history",
]


class TenantRequest(NamedTuple):
    """Which tenant, in which table.

    Attributes:
        name: The tenant's name.
        table: What the command says of the table; "" for the project's own.
    """

    name: str
    table: str = ""


def create(request: TenantRequest, plan: str, context: Context) -> CreatedTenant:
    """Create a tenant with a plan of plans.toml, or find it where it exists so.

    Raises:
        MeteringError: The name is not valid or taken, or there is no such plan.
        ProjectError: plans.toml is wrong.
    """
    found = require_plan(read_plans(context.project.root / PLANS_NAME), plan)
    return create_tenant(open_administration(context, request.table), request.name, found)


def list_all(table: str, context: Context) -> list[Tenant]:
    """Return every tenant by name, with what is left of the present day and month."""
    labels = label_windows(context.seconds())
    return [roll_windows(tenant, labels) for tenant in list_tenants(open_administration(context, table).table)]


def change_state(request: TenantRequest, state: str, context: Context) -> Tenant:
    """Suspend, resume or delete a tenant.

    Args:
        request: The tenant.
        state: "active", "suspended" or "deleted".
        context: The project, the user and the clock.
    """
    return set_state(open_administration(context, request.table), request.name, state)


def read_history(request: TenantRequest, context: Context) -> list[AuditEntry]:
    """Return who did what to a tenant, oldest first."""
    table = open_administration(context, request.table).table
    return list(read_audit_trail(table, find_tenant(table, request.name).id))


def migrate_table(table: str, context: Context) -> Migration:
    """Bring a table of an older schema to that of this release."""
    return migrate(open_administration(context, table))
