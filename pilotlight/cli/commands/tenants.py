"""tenants create, list, suspend, resume, delete, history, migrate: who may use the service."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json

HELP: Final = "Create, list, suspend, resume and delete the tenants of the service."

TenantName = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")]
TableOption = Annotated[
    str,
    typer.Option(
        "--table",
        metavar="TABLE",
        help="The service's table: its name in DynamoDB, or sqlite:FILE. By default PILOTLIGHT_SERVICE_TABLE, then"
        " table in \\[service] of pilotlight.toml, then a file in .pilotlight.",
    ),
]


def create(
    ctx: typer.Context,
    tenant: TenantName,
    *,
    plan: Annotated[str, typer.Option(metavar="PLAN", help="A plan of plans.toml.")],
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Create a tenant. Where it exists with the same plan, nothing is changed.

    Example:  [dim]pilotlight tenants create acme --plan free[/]
    """
    from pilotlight.cli.service_tables import tenant_object
    from pilotlight.workflows.tenants import TenantRequest, create

    found, created = create(TenantRequest(tenant, table), plan, invocation(ctx).context(quiet=True))
    if as_json:
        print_json({**tenant_object(found), "created": created})
        return
    done = "created" if created else "was there already"
    out().print(f"Tenant [bold]{tenant}[/] {done}, with the plan {found.plan}.", soft_wrap=True)
    if created:
        out().print(f"To give it a key: pilotlight keys create --tenant {tenant}", soft_wrap=True)


def list_(ctx: typer.Context, *, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """List the tenants with their plans and what is left of them."""
    from pilotlight.cli.service_tables import tenant_object, tenants_table
    from pilotlight.workflows.tenants import list_all

    found = list_all(table, invocation(ctx).context(quiet=True))
    if as_json:
        print_json({"tenants": [tenant_object(tenant) for tenant in found]})
        return
    empty = "No tenants yet. Create one with `pilotlight tenants create NAME --plan PLAN`."
    out().print(tenants_table(found) if found else empty)


def suspend(ctx: typer.Context, tenant: TenantName, *, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """Refuse a tenant's requests, from the very next answer on. Its keys and counters stay."""
    _change(ctx, tenant, table, "suspended", as_json=as_json)


def resume(ctx: typer.Context, tenant: TenantName, *, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """Answer a suspended tenant again."""
    _change(ctx, tenant, table, "active", as_json=as_json)


def delete(
    ctx: typer.Context,
    tenant: TenantName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Delete a tenant's keys for good. Its counters and its audit trail stay, for invoices."""
    if not yes:
        typer.confirm(f"Delete tenant {tenant} and all its keys?", abort=True, err=True)
    _change(ctx, tenant, table, "deleted", as_json=as_json)


def history(ctx: typer.Context, tenant: TenantName, *, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """Show who did what to a tenant and its keys. Entries are only ever added."""
    from pilotlight.cli.service_tables import history_table
    from pilotlight.workflows.tenants import TenantRequest, read_history

    found = read_history(TenantRequest(tenant, table), invocation(ctx).context(quiet=True))
    if as_json:
        print_json({"tenant": tenant, "history": [entry._asdict() for entry in found]})
        return
    out().print(history_table(found))


def migrate(ctx: typer.Context, *, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """Bring a table of an older schema to the one that this release reads."""
    from pilotlight.workflows.tenants import migrate_table

    found = migrate_table(table, invocation(ctx).context(quiet=True))
    if as_json:
        print_json(found._asdict())
        return
    out().print(f"Tenants migrated: {len(found.migrated)}. Of this schema already: {len(found.current)}.")


def _change(ctx: typer.Context, tenant: str, table: str, state: str, *, as_json: bool) -> None:
    from pilotlight.cli.service_tables import tenant_object
    from pilotlight.workflows.tenants import TenantRequest, change_state

    found = change_state(TenantRequest(tenant, table), state, invocation(ctx).context(quiet=True))
    if as_json:
        print_json(tenant_object(found))
        return
    effect = {
        "active": "Its requests are answered.",
        "suspended": "Its requests are refused from the very next answer on.",
        "deleted": "Its keys are gone. Its counters and its history stay.",
    }
    out().print(f"Tenant [bold]{tenant}[/] is {found.state}. {effect[found.state]}", soft_wrap=True)
