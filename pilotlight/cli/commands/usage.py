"""usage, invoice: what tenants have used, and what they pay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilotlight.cli.commands.tenants import TableOption
from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json

if TYPE_CHECKING:
    from pilotlight.workflows.usage import AuditRequest, UsageRequest


def usage(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option("--tenant", metavar="TENANT", help="All tenants where it is left out.")] = "",
    month: Annotated[str, typer.Option(metavar="M", help="Such as 2026-11, in UTC; the present one by default.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="Compare the counters with the functions' log.")] = False,
    credit: Annotated[
        bool, typer.Option("--credit", help="With --audit: take from the counters what was charged and not answered.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --credit: by a log that lacks many of the month's requests, too.")
    ] = False,
    log: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="With --audit: a file of log lines, plain or .gz; may be repeated."),
    ] = None,
    log_group: Annotated[
        str, typer.Option(metavar="NAME", help="With --audit: the log group, in place of that in pilotlight.toml.")
    ] = "",
    archive: Annotated[
        bool, typer.Option("--archive", help="Move the counters of past months out of the tenants' items.")
    ] = False,
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Show what tenants have used in a month, by key and model.

    With --audit the exit code is 1 where a counter differs from the log and was not credited.

    Example:  [dim]pilotlight usage --tenant acme --month 2026-11 --csv[/]
    """
    from pilotlight.cli.usage_tables import usage_table
    from pilotlight.workflows.usage import AuditRequest, UsageRequest, read_usage, write_usage_csv

    if as_csv and as_json:
        raise typer.BadParameter("Give one of --csv and --json.")
    if archive and (audit or as_csv or month):
        raise typer.BadParameter(
            "--archive takes every month that is over; give it without --audit, --csv and --month."
        )
    _check_audit(audit=audit, as_csv=as_csv, credit=credit, force=force, logs=bool(log or log_group))
    request = UsageRequest(tenant, month, table)
    if archive:
        _archive(ctx, request, as_json=as_json)
        return
    if audit:
        _audit(ctx, request, AuditRequest(tuple(log or ()), log_group, credit, force), as_json=as_json)
        return
    rows = read_usage(request, invocation(ctx).context(quiet=True))
    if as_json:
        print_json({"usage": [row._asdict() for row in rows]})
    elif as_csv:
        typer.echo(write_usage_csv(rows), nl=False)
    else:
        empty = f"Nothing was used in {month}." if month else "Nothing was used this month."
        out().print(usage_table(rows) if rows else empty)


def _check_audit(*, audit: bool, as_csv: bool, credit: bool, force: bool, logs: bool) -> None:
    """Refuse options of an audit without it, and those that it does not have."""
    if (credit or logs) and not audit:
        raise typer.BadParameter("--credit, --log and --log-group belong to --audit.")
    if as_csv and audit:
        raise typer.BadParameter("An audit is a table or, with --json, an object. Give it without --csv.")
    if force and not credit:
        raise typer.BadParameter("--force belongs to --credit.")


def _archive(ctx: typer.Context, request: UsageRequest, *, as_json: bool) -> None:
    from pilotlight.workflows.usage import archive_months

    found = archive_months(request, invocation(ctx).context())
    if as_json:
        print_json({"archived": found})
        return
    for tenant, months in found.items():
        out().print(f"{tenant}: {', '.join(months)} moved", soft_wrap=True)
    if not found:
        out().print("No month that is over has counters in a tenant's item.")


def _audit(ctx: typer.Context, request: UsageRequest, audit: AuditRequest, *, as_json: bool) -> None:
    from pilotlight.cli.usage_tables import audit_lines, audit_object, audit_table
    from pilotlight.workflows.usage import audit_usage

    found = audit_usage(request, audit, invocation(ctx).context())
    if as_json:
        print_json(audit_object(found))
    else:
        if found.differences:
            out().print(audit_table(found))
        for line in audit_lines(found):
            out().print(line, soft_wrap=True)
    if len(found.credited) < len(found.differences):
        raise typer.Exit(1)


def invoice(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name.")],
    month: Annotated[str, typer.Option(metavar="M", help="Such as 2026-11, in UTC.")],
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files are written.")] = Path(),
    buyer: Annotated[
        list[str] | None, typer.Option("--to", metavar="LINE", help="A line of the buyer's address; may be repeated.")
    ] = None,
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Write a tenant's invoice for a month as HTML, ready to print, as CSV and as JSON.

    --json prints the invoice and writes no files.

    Example:  [dim]pilotlight invoice --tenant acme --month 2026-11 --out invoices[/]
    """
    from rich.markup import escape

    from pilotlight.cli.usage_tables import invoice_table
    from pilotlight.workflows.invoice import InvoiceRequest, format_cents, make_invoice, write_invoice_json

    request = InvoiceRequest(tenant, month, None if as_json else folder, tuple(buyer or ()), table)
    found, files = make_invoice(request, invocation(ctx).context(quiet=True))
    if as_json:
        typer.echo(write_invoice_json(found), nl=False)
        return
    out().print(invoice_table(found))
    out().print(f"Amount due: ${format_cents(found.due_cents)}")
    for note in found.notes:
        out().print(f"[yellow]![/] {escape(note)}", soft_wrap=True)
    for file in files:
        out().print(str(file), soft_wrap=True, markup=False)
