"""A tenant as one item of the table: its state, its plan's windows, its keys and its counters.

The runtime charges on this item (pilotlight_runtime/metering), so both write the fields that are named here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import name_of
from pilotlight.core.table_update import Item
from pilotlight_runtime.metering.tenant import ACTIVE, DELETED, SCHEMA, STATE, read_windows
from pilotlight_runtime.metering.windows import WINDOWS

NAMES: Final = "names"
"""The partition that holds the id of each tenant by its name."""
SUSPENDED: Final = "suspended"
LABEL_PREFIX: Final = "label#"
"""A field for each label in use, so that one condition keeps two keys from having the same."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_MOST_CHARACTERS: Final = 63
_MOST_SECONDS: Final = 253_402_300_799
"""The last second of the year 9999, which is the last one that can be shown as a time."""


__all__ = [
    "ACTIVE",
    "DELETED",
    "LABEL_PREFIX",
    "NAMES",
    "SCHEMA",
    "STATE",
    "SUSPENDED",
    "Key",
    "Tenant",
    "Window",
    "check_name",
    "is_name",
    "read_tenant",
    "require_schema",
    "roll_windows",
]


class Key(NamedTuple):
    """One secret of a key. While a key is rotated it has two.

    Attributes:
        id: The key's id, which its counters bear.
        label: Its label.
        kind: "live" or "test".
        models: The models that it may ask; None for all.
        expires: Seconds since the epoch; 0 for never.
        created: Seconds since the epoch.
        hash: SHA-256 of the whole key, in hexadecimal digits.
    """

    id: str
    label: str
    kind: str
    models: tuple[str, ...] | None
    expires: int
    created: int
    hash: str


class Window(NamedTuple):
    """The units of a plan in a day or a month.

    Attributes:
        period: The day or the month that `left` is for, as the last charge left it.
        limit: Units; None where the plan has no limit.
        left: Units that remain. Without a limit it counts down from 0.
    """

    period: str
    limit: int | None
    left: int


class Tenant(NamedTuple):
    """A tenant.

    Attributes:
        id: Its id, which begins its keys.
        name: Its name.
        state: ACTIVE, SUSPENDED or DELETED.
        plan: The name of its plan.
        keys: Its secrets, oldest first.
        windows: By "day" and "month".
        item: The whole item, with the counters.
        labels: The label of each key by its id; of revoked ones too, where they were read.
    """

    id: str
    name: str
    state: str
    plan: str
    keys: tuple[Key, ...]
    windows: Mapping[str, Window]
    item: Item
    labels: Mapping[str, str]


def check_name(what: str, name: str) -> str:
    """Check the name of a tenant, the label of a key or the name of a plan.

    Args:
        what: What is named, such as "tenant".
        name: The name.

    Returns:
        The name.

    Raises:
        MeteringError: It is too long, or has a character other than a-z, 0-9 and hyphens.
    """
    if not is_name(name):
        raise MeteringError(
            f"{what} '{name_of(name)}'",
            f"is no valid name: names have lower-case letters, digits and hyphens between them, at most"
            f" {_MOST_CHARACTERS} characters",
            "Choose a name such as acme-labs.",
        )
    return name


def is_name(text: str) -> bool:
    """Return whether a text has the form of a name."""
    return len(text) <= _MOST_CHARACTERS and _NAME.fullmatch(text) is not None


def read_tenant(tenant_id: str, item: Item, location: str) -> Tenant:
    """Read a tenant's item.

    Args:
        tenant_id: The tenant's id.
        item: The item.
        location: The table, for messages.

    Raises:
        MeteringError: The item is of another schema, or damaged.
    """
    require_schema(item, location)
    try:
        keys = [_read_key(digest, record) for digest, record in item["keys"].items()]
        return Tenant(
            id=tenant_id,
            name=_read_text(item, "name"),
            state=_read_text(item, "state"),
            plan=_read_text(item, "plan"),
            keys=tuple(sorted(keys, key=lambda key: (key.created, key.hash))),
            windows={each: _read_window(item, each) for each in WINDOWS},
            item=item,
            labels={key.id: key.label for key in keys},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise MeteringError(
            location, f"tenant {tenant_id} is damaged ({error!r})", "Restore it from a backup of the table."
        ) from error


def roll_windows(tenant: Tenant, labels: Mapping[str, str]) -> Tenant:
    """Return a tenant with the windows of a time. The item has those of its last charge.

    Args:
        tenant: The tenant.
        labels: The day and the month of that time, see pilotlight_runtime.metering.windows.label_windows.
    """
    rolled = {each.name: Window(each.label, each.limit, each.left) for each in read_windows(tenant.item, labels)}
    return tenant._replace(windows=rolled)


def require_schema(item: Item, location: str) -> None:
    """Raise MeteringError where an item is not of the schema that this release reads."""
    found = item.get("schema")
    if found == SCHEMA:
        return
    what = f"is of schema {found!r}, and this release reads schema {SCHEMA}"
    hint = "Run `pilotlight tenants migrate`; where the table is newer, update Pilotlight first."
    raise MeteringError(location, what, hint)


def _read_key(digest: str, record: Mapping[str, Any]) -> Key:
    models = record.get("models")
    return Key(
        id=_read_text(record, "id"),
        label=_read_text(record, "label"),
        kind=_read_text(record, "kind"),
        models=None if models is None else tuple(map(str, models)),
        expires=_read_seconds(record, "expires"),
        created=_read_seconds(record, "created"),
        hash=digest,
    )


def _read_window(item: Item, name: str) -> Window:
    limit = _read_number(item, f"{name}_limit") if f"{name}_limit" in item else None
    return Window(_read_text(item, name), limit, _read_number(item, f"{name}_left"))


# The role of the functions may write most of these fields, so a function that somebody took over may write anything.


def _read_text(record: Mapping[str, Any], name: str) -> str:
    if not isinstance(record[name], str):
        raise TypeError(f"{name} is no text")
    return str(record[name])


def _read_number(record: Mapping[str, Any], name: str) -> int:
    if type(record[name]) is not int:
        raise TypeError(f"{name} is no whole number")
    return int(record[name])


def _read_seconds(record: Mapping[str, Any], name: str) -> int:
    seconds = _read_number(record, name)
    if not 0 <= seconds <= _MOST_SECONDS:
        raise TypeError(f"{name} is no time")
    return seconds
