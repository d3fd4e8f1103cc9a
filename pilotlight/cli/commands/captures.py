"""captures, and tenants capture: requests that are kept, of tenants that agree."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.commands.tenants import TableOption, TenantName
from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json

LocationOption = Annotated[
    str,
    typer.Option(
        "--captures",
        metavar="LOCATION",
        help="Where captures are: s3://BUCKET or a folder. By default PILOTLIGHT_CAPTURES, then captures in"
        " \\[service] of pilotlight.toml, then a folder in .pilotlight where the table is a file.",
    ),
]


def capture(
    ctx: typer.Context,
    tenant: TenantName,
    *,
    on: Annotated[bool, typer.Option("--on/--off", help="Allow captures, or end them.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    location: LocationOption = "",
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Allow models to capture a tenant's requests, or end it and delete what was captured.

    A model captures where its model.toml says so, and only requests of tenants that are on.

    Example:  [dim]pilotlight tenants capture acme --on[/]
    """
    from pilotlight.workflows.captures import CaptureRequest, allow, end

    request, context = CaptureRequest(tenant, location, table), invocation(ctx).context(quiet=True)
    if not on and not yes:
        typer.confirm(f"End captures of tenant {tenant}, and delete those there are?", abort=True, err=True)
    found = allow(request, context) if on else end(request, context)
    if as_json:
        print_json(found._asdict())
        return
    if found.on:
        done = "may be captured now" if found.changed else "could be captured already"
        out().print(f"Requests of tenant [bold]{tenant}[/] {done}.", soft_wrap=True)
        return
    done = "Its data key is destroyed" if found.changed else "It had no data key"
    out().print(
        f"Tenant [bold]{tenant}[/] is captured no more. {done}, and {found.deleted} captures were deleted.",
        soft_wrap=True,
    )


def captures(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option(metavar="TENANT", help="The tenant's name.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="Only those of this model.")] = "",
    day: Annotated[str, typer.Option(metavar="DAY", help="Only those of this day, such as 2026-11-26, in UTC.")] = "",
    show: Annotated[str, typer.Option(metavar="NAME", help="Decrypt this one and print it.")] = "",
    location: LocationOption = "",
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List the captured requests of a tenant, or decrypt one.

    Example:  [dim]pilotlight captures --tenant acme --model digits[/]
    """
    from pilotlight.cli.capture_text import capture_lines, capture_object, captures_table
    from pilotlight.workflows.captures import CaptureRequest, list_of
    from pilotlight.workflows.captures import show as decrypt

    request, context = CaptureRequest(tenant, location, table), invocation(ctx).context(quiet=True)
    if show:
        found = decrypt(request, show, context)
        if as_json:
            print_json(capture_object(found))
            return
        for line in capture_lines(found):
            out().print(line, markup=False, highlight=False, soft_wrap=True)
        return
    entries = list_of(request, model, day, context)
    if as_json:
        print_json({"tenant": tenant, "captures": [entry._asdict() for entry in entries]})
        return
    out().print(captures_table(entries) if entries else f"No captures of tenant {tenant}.")
