"""Tenants, keys, plans, usage and costs as tables and as JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from pilotlight.cli.tables import plain_table
from pilotlight.workflows.invoice import Invoice, format_micro_dollars
from pilotlight.workflows.keys import Key
from pilotlight.workflows.plans import CostLine, PlanChange
from pilotlight.workflows.tenants import AuditEntry, Tenant
from pilotlight.workflows.usage import MICRO_DOLLARS, AuditResult, UsageRow


def show_moment(seconds: int) -> str:
    """Seconds since the epoch as people read them."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def tenant_object(tenant: Tenant) -> dict[str, Any]:
    """A tenant without its keys and counters."""
    windows = {name: window._asdict() for name, window in tenant.windows.items()}
    return {"tenant": tenant.name, "id": tenant.id, "state": tenant.state, "plan": tenant.plan, **windows}


def tenants_table(tenants: Iterable[Tenant]) -> Table:
    """Tenants, and what is left of the day and the month."""
    table = plain_table("tenant", "id", "state", "plan", "keys", "left today", "this month")
    for tenant in tenants:
        keys = len({key.id for key in tenant.keys})
        windows = (
            "no limit" if window.limit is None else f"{window.left:,} of {window.limit:,}"
            for window in tenant.windows.values()
        )
        table.add_row(tenant.name, tenant.id, tenant.state, tenant.plan, str(keys), *windows)
    return table


def key_object(key: Key) -> dict[str, Any]:
    """A key without its hash."""
    models = None if key.models is None else list(key.models)
    facts = {"models": models, "expires": key.expires or None, "created": key.created}
    return {"key": key.id, "label": key.label, "kind": key.kind, **facts}


def keys_table(keys: Iterable[Key]) -> Table:
    """Keys; one that is being rotated has two rows."""
    table = plain_table("label", "id", "kind", "models", "expires", "created")
    for key in keys:
        expires = show_moment(key.expires) if key.expires else "never"
        models = "all" if key.models is None else ", ".join(key.models)
        table.add_row(key.label, key.id, key.kind, models, expires, show_moment(key.created))
    return table


def history_table(entries: Iterable[AuditEntry]) -> Table:
    """Who did what."""
    table = plain_table("time", "who", "what", "")
    for entry in entries:
        detail = ", ".join(f"{name} {value}" for name, value in entry.detail.items())
        table.add_row(entry.time, escape(entry.who), entry.action, escape(detail))
    return table


def plan_changes_table(changes: Iterable[PlanChange]) -> Table:
    """Limits before and after."""
    table = plain_table("tenant", "plan", "day", "month")
    for change in changes:
        cells = (_arrow(change.before[window], change.after[window]) for window in ("day", "month"))
        table.add_row(change.tenant, change.plan, *cells)
    return table


def costs_table(lines: Sequence[CostLine]) -> Table:
    """What a million requests cost."""
    table = plain_table("", "$ a million requests", "$ a month, idle or not")
    for line in lines:
        cell = f"{line.dollars:,.4f}"
        table.add_row(line.what, *(("", cell) if line.monthly else (cell, "")))
    sums = [sum(line.dollars for line in lines if line.monthly is monthly) for monthly in (False, True)]
    table.add_row("[bold]Sum[/]", *(f"[bold]{amount:,.4f}[/]" for amount in sums))
    return table


def usage_table(rows: Iterable[UsageRow]) -> Table:
    """Counters."""
    table = plain_table("tenant", "month", "key", "model", "unit", "count")
    for row in rows:
        table.add_row(row.tenant, row.month, row.label or row.key, row.model, *_count(row.unit, row.value))
    return table


def audit_object(result: AuditResult) -> dict[str, Any]:
    """What an audit found."""
    differences = [
        {
            "tenant": each.tenant,
            **each.counter._asdict(),
            "logged": each.logged,
            "ahead": each.ahead,
            "lost": each.lost,
            "credited": each in result.credited,
        }
        for each in result.differences
    ]
    return {"month": result.month, "settled": result.settled, "differences": differences}


def audit_table(result: AuditResult) -> Table:
    """Every counter that differs from the log."""
    table = plain_table("tenant", "key", "model", "unit", "counter", "log", "ahead", "")
    table.columns[-1].no_wrap = True
    for each in result.differences:
        unit, counter = _count(each.counter.unit, each.counter.value)
        numbers = (counter, *(_count(each.counter.unit, value)[1] for value in (each.logged, each.ahead)))
        what = "credited" if each in result.credited else "the log is ahead" if each.ahead < 0 else ""
        table.add_row(each.tenant, each.counter.key, each.counter.model, unit, *numbers, what)
    return table


def audit_lines(result: AuditResult) -> Iterable[str]:
    """What to make of it."""
    open_ = [each for each in result.differences if each not in result.credited]
    if not result.differences:
        yield f"The counters of {result.month} are what the log sums up to."
    if not result.settled:
        yield f"{result.month} is not over for an hour yet: answers under way show as differences."
    elif any(each.ahead > 0 for each in open_):
        yield "To credit what was charged and not answered, run it again with --credit."
    if any(each.ahead < 0 for each in open_):
        yield "Where the log is ahead, the table was restored since, or the same lines were given twice."


def invoice_table(invoice: Invoice) -> Table:
    """The lines of an invoice."""
    table = plain_table("model", "key", "used", "$", title=f"Invoice {escape(invoice.number)}")
    for line in invoice.lines:
        table.add_row(
            line.model, line.label or line.key, _describe(line.counts), format_micro_dollars(line.micro_dollars)
        )
    table.add_row("[bold]Sum[/]", "", "", f"[bold]{format_micro_dollars(invoice.total)}[/]")
    return table


def _describe(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {unit.replace('_', ' ')}" for unit, count in counts.items())


def _count(unit: str, value: int) -> tuple[str, str]:
    return ("$", format_micro_dollars(value)) if unit == MICRO_DOLLARS else (unit, f"{value:,}")


def _arrow(before: int | None, after: int | None) -> str:
    texts = ["no limit" if limit is None else f"{limit:,}" for limit in (before, after)]
    return texts[0] if before == after else " → ".join(texts)
