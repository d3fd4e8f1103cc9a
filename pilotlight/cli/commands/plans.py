"""plans apply, plans assign, plan: the tenants' limits, and what a million requests cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from pilotlight.cli.commands.tenants import TableOption
from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json

HELP: Final = "Give tenants the limits that plans.toml says."


def apply(
    ctx: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give each tenant the limits that plans.toml has for its plan. What it has used stays used."""
    from pilotlight.cli.service_tables import plan_changes_table
    from pilotlight.workflows.plans import apply

    found = apply(invocation(ctx).context(quiet=True), table, dry_run=dry_run)
    if as_json:
        print_json({"applied": not dry_run, "changes": [change._asdict() for change in found]})
        return
    out().print(plan_changes_table(found) if found else "Every tenant has the limits of its plan.")
    if dry_run and found:
        out().print("Nothing was changed. Run it again without --dry-run.")


def assign(
    ctx: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan of plans.toml.")],
    *,
    tenant: Annotated[str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name.")],
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a tenant another plan. What it has used stays used.

    Example:  [dim]pilotlight plans assign pro --tenant acme[/]
    """
    from pilotlight.workflows.plans import assign

    found = assign(tenant, plan, invocation(ctx).context(quiet=True), table)
    if as_json:
        print_json(found._asdict())
        return
    out().print(f"Tenant [bold]{tenant}[/] has the plan {plan}.")


def plan(
    ctx: typer.Context,
    *,
    api: Annotated[
        str, typer.Option(metavar="DOOR", help="rest, http or url: what stands before the function.")
    ] = "rest",
    memory: Annotated[int, typer.Option(metavar="MB", help="The function's memory.")] = 1769,
    milliseconds: Annotated[
        float, typer.Option(metavar="MS", help="Of a request; `pilotlight bench` measures it.")
    ] = 10.0,
    writes: Annotated[
        int, typer.Option(metavar="N", help="Of the tenant's item: 1, and 2 where text is generated.")
    ] = 1,
    reads: Annotated[
        float, typer.Option(metavar="N", help="Of the tenant's item: at most 1; near 0 with many requests a minute.")
    ] = 1.0,
    item_bytes: Annotated[int, typer.Option(metavar="N", help="The size of the tenant's item.")] = 1000,
    log_bytes: Annotated[int, typer.Option(metavar="N", help="Of all log lines of a request.")] = 1500,
    answer_bytes: Annotated[int, typer.Option(metavar="N", help="Of an answer.")] = 1000,
    firewall: Annotated[bool, typer.Option("--firewall", help="With AWS WAF before the API.")] = False,
    tenants: Annotated[int, typer.Option(metavar="N", help="Tenants in the table.")] = 100,
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="Another file of AWS's prices.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what a million requests of the service cost on AWS, line by line.

    Example:  [dim]pilotlight plan --memory 3008 --milliseconds 40[/]
    """
    from rich.markup import escape

    from pilotlight.cli.usage_tables import costs_table
    from pilotlight.workflows.plans import RequestShape, estimate

    where = invocation(ctx)
    shape = RequestShape(
        api, memory, milliseconds, writes, reads, item_bytes, log_bytes, answer_bytes, firewall, tenants
    )
    source, lines = estimate(shape, None if prices is None else where.cwd / prices)
    if as_json:
        total = sum(line.dollars for line in lines if not line.monthly)
        month = sum(line.dollars for line in lines if line.monthly)
        facts = {"prices": source, "lines": [line._asdict() for line in lines]}
        print_json({**facts, "dollars_a_million": total, "dollars_a_month": month})
        return
    out().print(costs_table(lines))
    out().print(f"Prices: {escape(source)}.", soft_wrap=True)
