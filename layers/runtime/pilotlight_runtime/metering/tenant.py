"""The rules of a tenant's item: whether a charge is taken, and what the item is afterwards.

The item has `schema`, `name`, `state`, `plan`, `keys` (by hash: id, label, models, expires, kind, created), for each
window its label, what is left and the limit (`day`, `day_left`, `day_limit`), and the counters. A limit may be missing;
what is left then counts down from 0.
A tenant has one such item, under the sort key STATE. Where that gets too large, or is written too often, another schema
may split it by its sort key: each item with a share of what is left, and with counters of its own.
`expressions` says the same to DynamoDB. A test compares the two.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.metering.charge import (
    EXPIRED,
    MODEL,
    SUSPENDED,
    UNKNOWN_KEY,
    Amount,
    Charge,
    Item,
    Outcome,
    Reservation,
)
from pilotlight_runtime.metering.store import StoreFailed
from pilotlight_runtime.metering.windows import WINDOWS, Window

SCHEMA: Final = 1
STATE: Final = "state"
"""The sort key of a tenant's item, and the field with its state."""
ACTIVE: Final = "active"
DELETED: Final = "deleted"


def check_schema(item: Item) -> Item:
    """The item, if its schema is the one that this runtime knows.

    Raises:
        StoreFailed: It is another one.
    """
    if item.get("schema") != SCHEMA:
        raise StoreFailed(
            f"the table's items have schema {item.get('schema')!r}, and this runtime reads {SCHEMA};"
            " run `pilotlight tenants migrate`, or deploy the functions again"
        )
    return item


def check_key(item: Item | None, key_hash: str, model: str, now: float) -> str:
    """Checks a key.

    Args:
        item: The tenant's item; None where there is none.
        key_hash: The SHA-256 of the key, in hex.
        model: The model that is asked; "" for none.
        now: Seconds since the epoch.

    Returns:
        Why it is refused; "" where it is not.
    """
    key = find_key(item, key_hash)
    if item is None or key is None or item[STATE] == DELETED:
        return UNKNOWN_KEY
    if key["expires"] and key["expires"] <= now:
        return EXPIRED
    if item[STATE] != ACTIVE:
        return SUSPENDED
    if model and "models" in key and model not in key["models"]:
        return MODEL
    return ""


def find_key(item: Item | None, key_hash: str) -> dict[str, Any] | None:
    """The entry of a key in a tenant's item; None where there is none."""
    found: dict[str, Any] | None = None if item is None else item.get("keys", {}).get(key_hash)
    return found


def read_windows(item: Item, labels: Mapping[str, str]) -> tuple[Window, ...]:
    """The windows of an item at a time.

    Args:
        item: The tenant's item.
        labels: The labels of the windows at that time.

    Returns:
        The windows. One that is over has its whole limit again; one whose label is later than `labels` stays.
    """
    found = []
    for name in WINDOWS:
        label, limit = item.get(name, ""), item.get(f"{name}_limit")
        if label < labels[name]:
            found.append(Window(name, labels[name], limit or 0, limit))
        else:
            found.append(Window(name, label, item.get(f"{name}_left", 0), limit))
    return tuple(found)


def find_short(windows: tuple[Window, ...], cost: int) -> str:
    """The name of the first window of which less is left than a cost; "" where there is none."""
    short = [window.name for window in windows if window.limit is not None and window.left < cost]
    return short[0] if short else ""


def judge(item: Item | None, charge: Charge) -> Outcome:
    """Decides whether a charge is taken.

    Args:
        item: The tenant's item; None where there is none.
        charge: The charge.

    Returns:
        The outcome. Where the charge is taken, the windows are those before it.
    """
    if item is None:
        return Outcome(UNKNOWN_KEY)
    windows = read_windows(item, charge.labels)
    reason = check_key(item, charge.key_hash, charge.model, charge.now)
    return Outcome(reason or find_short(windows, charge.amount.cost), windows)


def apply_charge(item: Item, charge: Charge) -> Item:
    """The item after a charge that `judge` lets pass."""
    changed = dict(item)
    for name, label, left, _ in read_windows(item, charge.labels):
        changed[name] = label
        changed[f"{name}_left"] = left - charge.amount.cost
    return _count(changed, name_counters(charge, charge.amount), 1)


def apply_settlement(item: Item, reservation: Reservation, used: Amount) -> Item:
    """The item after what a reservation did not use has been given back.

    Args:
        item: The tenant's item.
        reservation: What was taken.
        used: What was used of it.

    Returns:
        The new item. A window that is over gets nothing back.
    """
    charge = reservation.charge
    changed = dict(item)
    for name, label in reservation.labels.items():
        if item.get(name) == label:
            changed[f"{name}_left"] += charge.amount.cost - used.cost
    return _count(_count(changed, name_counters(charge, charge.amount), -1), name_counters(charge, used), 1)


def name_counters(charge: Charge, amount: Amount) -> dict[str, int]:
    """What each counter takes of an amount, by the counters' names."""
    month = charge.labels["month"]
    place = f"{month}#{charge.key_id}#{charge.model}"
    counters = {f"u#{place}#{name}": count for name, count in amount.counts.items() if count}
    if amount.micro:
        counters[f"m#{place}"] = amount.micro
    return counters


def _count(item: Item, counters: Mapping[str, int], sign: int) -> Item:
    for name, count in counters.items():
        item[name] = item.get(name, 0) + sign * count
    return item
