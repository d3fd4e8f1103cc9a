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
from pilotlight.workflows.tenants import ACTIVE, DELETED, AuditEntry, Tenant, Window
from pilotlight.workflows.usage import COUNTED, MICRO_DOLLARS, AuditResult, UsageRow


def show_moment(seconds: int) -> str:
    """Seconds since the epoch as people read them."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def tenant_object(tenant: Tenant) -> dict[str, Any]:
    """A tenant without its keys and counters."""
    windows = {name: window._asdict() for name, window in tenant.windows.items()}
    keys = {"keys": len({key.id for key in tenant.keys})}
    return {"tenant": tenant.name, "id": tenant.id, "state": tenant.state, "plan": tenant.plan, **keys, **windows}


def tenants_table(tenants: Iterable[Tenant]) -> Table:
    """Tenants, and what is left of the day and the month."""
    table = plain_table("tenant", "id", "state", "plan", "keys", "left today", "left this month")
    for column in table.columns:
        column.no_wrap = column.header not in ("tenant", "left today", "left this month")
        column.justify = "right" if column.header in ("keys", "left today", "left this month") else "left"
    for tenant in tenants:
        keys = len({key.id for key in tenant.keys})
        state = escape(tenant.state) if tenant.state == ACTIVE else f"[yellow]{escape(tenant.state)}[/]"
        windows = (_show_left(window) if tenant.state != DELETED else "" for window in tenant.windows.values())
        table.add_row(escape(tenant.name), escape(tenant.id), state, escape(tenant.plan), str(keys), *windows)
    return table


def key_object(key: Key) -> dict[str, Any]:
    """A key without its hash."""
    models = None if key.models is None else list(key.models)
    facts = {"models": models, "expires": key.expires or None, "created": key.created}
    return {"key": key.id, "label": key.label, "kind": key.kind, **facts}


def key_objects(keys: Sequence[Key], now: float) -> list[dict[str, Any]]:
    """The secrets of keys, each with its state."""
    return [{**key_object(key), "state": state} for key, state in _list_states(keys, now)]


def keys_table(keys: Sequence[Key], now: float) -> Table:
    """Keys; one that was rotated has a row for each secret."""
    table = plain_table("label", "id", "kind", "models", "state", "expires (UTC)", "created (UTC)")
    for column in table.columns:
        column.no_wrap = column.header not in ("models", "expires (UTC)", "created (UTC)")
    for key, state in sorted(_list_states(keys, now), key=lambda found: found[0].label):  # keeps the order of secrets
        expires = _show_minute(key.expires) if key.expires else "never"
        models = "all" if key.models is None else ", ".join(key.models)
        mark = state if state == ACTIVE else f"[yellow]{state}[/]"
        texts = (escape(text) for text in (key.label, key.id, key.kind, models))
        table.add_row(*texts, mark, expires, _show_minute(key.created))
    return table


def history_table(entries: Iterable[AuditEntry]) -> Table:
    """Who did what."""
    table = plain_table("time (UTC)", "who", "what", "")
    table.columns[2].no_wrap = True
    for entry in entries:
        time = entry.time[:19].replace("T", " ")
        detail = ", ".join(f"{name} {_show_detail(name, value)}" for name, value in entry.detail.items())
        table.add_row(escape(time), escape(entry.who), escape(entry.action), escape(detail))
    return table


def plan_changes_table(changes: Iterable[PlanChange]) -> Table:
    """Limits before and after."""
    table = plain_table("tenant", "plan", "day", "month")
    for change in changes:
        cells = (_arrow(change.before[window], change.after[window]) for window in ("day", "month"))
        table.add_row(escape(change.tenant), escape(change.plan), *cells)
    return table


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


def _list_states(keys: Sequence[Key], now: float) -> Iterable[tuple[Key, str]]:
    """The state of each secret. Of those of one key, which stand oldest first, the last one is the present one."""
    present = {key.id: key.hash for key in keys}
    for key in keys:
        is_old = present[key.id] != key.hash
        is_over = bool(key.expires) and key.expires <= now
        yield key, "expired" if is_over else "old secret" if is_old else ACTIVE


def _show_minute(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _show_left(window: Window) -> str:
    if window.limit is None:
        return "no limit"
    return f"{window.left:,} of {window.limit:,} ({100 * max(0, window.left) // window.limit}\u00a0%)"


def _show_detail(name: str, value: object) -> str:
    if name in ("expires", "old_until") and isinstance(value, int):
        return show_moment(value) if value else "never"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _order_units(unit: str) -> tuple[int, str]:
    return (COUNTED.index(unit) if unit in COUNTED else len(COUNTED), unit)


def _stack(counts: Mapping[str, int]) -> tuple[str, str]:
    """Quantities and units as two cells, one unit a line: columns for all units would not fit on a screen."""
    units = (escape(unit.replace("_", " ")) for unit in counts)
    return "\n".join(f"{count:,}" for count in counts.values()), "\n".join(units)


def _show_count(unit: str, value: int) -> str:
    return format_micro_dollars(value) if unit == MICRO_DOLLARS else f"{value:,}"


def _arrow(before: int | None, after: int | None) -> str:
    texts = ["no limit" if limit is None else f"{limit:,}" for limit in (before, after)]
    return texts[0] if before == after else " → ".join(texts)
