"""Answers `GET /v1/usage`: what the caller's key and tenant have used this month, and what is left."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any
from pilotlight_runtime.metering.windows import MONTH, Window, find_end

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Item


def write_usage(item: Item, key_hash: str, windows: tuple[Window, ...], now: float) -> dict[str, Any]:
    """Writes what a caller may know of its tenant.

    Args:
        item: The tenant's item.
        key_hash: The SHA-256 of the caller's key.
        windows: The windows now.
        now: Seconds since the epoch.

    Returns:
        The document: the tenant, the caller's own key, the windows, and the counters of the month.
    """
    key = item["keys"][key_hash]
    month = next(window.label for window in windows if window.name == MONTH)
    used = _read_counters(item, month)
    return {
        "object": "usage",
        "tenant": {"name": item.get("name"), "plan": item.get("plan"), "state": item["state"]},
        "key": {name: key[name] for name in ("id", "label", "models", "expires", "kind") if name in key},
        "windows": {
            window.name: {
                "label": window.label,
                "limit": window.limit,
                "remaining": None if window.limit is None else max(0, window.left),
                "resets_at": find_end(window, now),
            }
            for window in windows
        },
        "month": month,
        "usage": {
            "key": [row for row in used if row.pop("key") == key["id"]],
            "tenant": _sum(_read_counters(item, month)),
        },
    }


def _read_counters(item: Item, month: str) -> list[dict[str, Any]]:
    """The counters of a month, one row for each key and model."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for name, count in sorted(item.items()):
        kind, _, rest = name.partition("#")
        if kind not in ("u", "m") or not rest.startswith(f"{month}#"):
            continue
        key, model, *unit = rest.split("#")[1:]
        row = rows.setdefault((key, model), {"key": key, "model": model, "counts": {}, "micro_dollars": 0})
        if kind == "m":
            row["micro_dollars"] = count
        else:
            row["counts"][unit[0]] = count
    return list(rows.values())


def _sum(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counters of all keys, one row for each model."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        total = sums.setdefault(row["model"], {"model": row["model"], "counts": {}, "micro_dollars": 0})
        total["micro_dollars"] += row["micro_dollars"]
        for name, count in row["counts"].items():
            total["counts"][name] = total["counts"].get(name, 0) + count
    return list(sums.values())
