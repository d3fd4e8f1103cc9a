"""forget: a tenant's captures and labels go, and its name is replaced; what was used stays."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.commands.captures import LocationOption
from pilotlight.cli.commands.tenants import TableOption
from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json


def forget(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option(metavar="TENANT", help="The tenant's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    location: LocationOption = "",
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Delete a tenant, its captured requests and the labels of its keys, and replace its name by a pseudonym.

    The counters stay under the pseudonym, and invoices that were written stay as they are.

    Example:  [dim]pilotlight forget --tenant acme[/]
    """
    from pilotlight.workflows.forget import forget
    from pilotlight.workflows.tenants import TenantRequest

    if not yes:
        typer.confirm(f"Delete tenant {tenant} and forget its name for good?", abort=True, err=True)
    found = forget(TenantRequest(tenant, table), invocation(ctx).context(quiet=True), location)
    if as_json:
        print_json(found._asdict())
        return
    out().print(f"Tenant [bold]{tenant}[/] is now {found.pseudonym}, and its keys are gone.", soft_wrap=True)
    out().print(f"Entries of its audit trail that had the name or a label: {found.entries}.", soft_wrap=True)
    if found.captures:
        out().print(
            f"Captured requests that were deleted: {found.captures}. The key that decrypts them is gone.",
            soft_wrap=True,
        )
    if found.recoverable_until:
        out().print(
            f"Point-in-time recovery could restore a table with the name, and with the encrypted data key of captures,"
            f" until {found.recoverable_until}.",
            soft_wrap=True,
        )
    out().print(
        "Invoices that were written have the name. Logs have the tenant's id until they expire.", soft_wrap=True
    )
