"""Costs, usage, its audit and invoices as tables and as JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from pilotlight.cli.tables import plain_table
from pilotlight.workflows.invoice import Invoice, format_micro_dollars
from pilotlight.workflows.plans import CostLine
from pilotlight.workflows.usage import COUNTED, MICRO_DOLLARS, AuditResult, UsageRow


def costs_table(lines: Sequence[CostLine]) -> Table:
    """What a million requests cost."""
    table = plain_table("", "$ a million requests", "$ a month, idle or not")
    _align_right(table, "$ a million requests", "$ a month, idle or not")
    for line in lines:
        cell = f"{line.dollars:,.4f}"
        table.add_row(escape(line.what), *(("", cell) if line.monthly else (cell, "")))
    sums = [sum(line.dollars for line in lines if line.monthly is monthly) for monthly in (False, True)]
    table.add_row("[bold]Sum[/]", *(f"[bold]{amount:,.4f}[/]" for amount in sums))
    return table


def usage_table(rows: Sequence[UsageRow]) -> Table:
    """Counters: a row for each key and model, whose units stand below each other."""
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        found.setdefault((row.tenant, row.label or row.key, row.model), {})[row.unit] = row.value
    title = f"Usage of {escape(', '.join(sorted({row.month for row in rows})))}"
    table = plain_table("tenant", "key", "model", "quantity", "unit", "$", title=title)
    _align_right(table, "quantity", "$")
    for names, counts in sorted(found.items()):
        units = sorted(counts.keys() - {MICRO_DOLLARS}, key=_order_units)
        money = format_micro_dollars(counts.get(MICRO_DOLLARS, 0))
        table.add_row(*map(escape, names), *_stack({unit: counts[unit] for unit in units}), money)
    total = sum(counts.get(MICRO_DOLLARS, 0) for counts in found.values())
    table.add_row("[bold]Sum[/]", "", "", "", "", f"[bold]{format_micro_dollars(total)}[/]")
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
    log = {"read": result.read, "repeated": result.repeated}
    return {"month": result.month, "settled": result.settled, "log": log, "differences": differences}


def audit_table(result: AuditResult) -> Table:
    """Every counter that differs from the log."""
    has_lost = any(each.lost for each in result.differences)
    numbers = ("counter", "ahead", *(["lost"] if has_lost else []))
    table = plain_table("tenant", "key", "model", "unit", *numbers, "")
    table.columns[-1].no_wrap = True
    _align_right(table, *numbers)
    for each in result.differences:
        place, unit = each.counter, each.counter.unit
        values = (each.counter.value, each.ahead, *([each.lost] if has_lost else []))
        names = (each.tenant, place.key, place.model, "$" if unit == MICRO_DOLLARS else unit.replace("_", " "))
        what = "credited" if each in result.credited else "the log is ahead" if each.ahead < 0 else ""
        table.add_row(*map(escape, names), *(_show_count(unit, value) for value in values), what)
    return table


def audit_lines(result: AuditResult) -> Iterable[str]:
    """What to make of it."""
    open_ = [each for each in result.differences if each not in result.credited]
    yield f"Charges in the log: {result.read:,}."
    if result.repeated:
        yield f"Lines that the log has twice, counted once: {result.repeated:,}."
    if not result.differences:
        yield f"The counters of {result.month} are what the log sums up to."
    if any(each.lost for each in result.differences):
        yield "Lost: the log names these charges as ones whose reply from the table was lost."
    if result.differences and not result.settled:
        yield f"{result.month} is not over for an hour yet: answers under way show as differences."
    elif any(each.ahead > 0 for each in open_):
        yield "To credit what was charged and not answered, run it again with --credit."
    if any(each.ahead < 0 for each in open_):
        yield "Where the log is ahead, the table was restored since, or the log has lines twice, far from each other."


def invoice_table(invoice: Invoice) -> Table:
    """The lines of an invoice."""
    table = plain_table("model", "key", "quantity", "unit", "$", title=f"Invoice {escape(invoice.number)}")
    _align_right(table, "quantity", "$")
    for line in invoice.lines:
        names = (line.model, line.label or line.key)
        table.add_row(*map(escape, names), *_stack(line.counts), format_micro_dollars(line.micro_dollars))
    table.add_row("[bold]Sum[/]", "", "", "", f"[bold]{format_micro_dollars(invoice.total)}[/]")
    return table


def _align_right(table: Table, *headers: str) -> None:
    """Align columns of numbers to the right, and keep each number on one line."""
    for column in table.columns:
        if column.header in headers:
            column.justify, column.no_wrap = "right", True


def _order_units(unit: str) -> tuple[int, str]:
    return (COUNTED.index(unit) if unit in COUNTED else len(COUNTED), unit)


def _stack(counts: Mapping[str, int]) -> tuple[str, str]:
    """Quantities and units as two cells, one unit a line: columns for all units would not fit on a screen."""
    units = (escape(unit.replace("_", " ")) for unit in counts)
    return "\n".join(f"{count:,}" for count in counts.values()), "\n".join(units)


def _show_count(unit: str, value: int) -> str:
    return format_micro_dollars(value) if unit == MICRO_DOLLARS else f"{value:,}"
