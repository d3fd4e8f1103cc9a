"""Tenants, keys and plans as tables and as JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from pilotlight.cli.tables import plain_table
from pilotlight.workflows.keys import Key
from pilotlight.workflows.plans import PlanChange
from pilotlight.workflows.tenants import ACTIVE, DELETED, AuditEntry, Tenant, Window


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
    return f"{window.left:,} of {window.limit:,}\n{100 * max(0, window.left) // window.limit} %"


def _show_detail(name: str, value: object) -> str:
    if name in ("expires", "old_until") and isinstance(value, int):
        return show_moment(value) if value else "never"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _arrow(before: int | None, after: int | None) -> str:
    texts = ["no limit" if limit is None else f"{limit:,}" for limit in (before, after)]
    return texts[0] if before == after else " → ".join(texts)
