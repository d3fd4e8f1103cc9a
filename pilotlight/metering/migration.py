"""Brings a table of an older schema to the one that this release reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Update
from pilotlight.metering.administration import Administration, record_action
from pilotlight.metering.archive import name_archive_partition
from pilotlight.metering.tenant_item import NAMES, SCHEMA, STATE
from pilotlight.metering.tenants import make_change

Step = Callable[[str, Item], Update]
"""Returns the change of an item from one schema to the next, which sets `schema` and expects the old one. It takes the
item's sort key too: STATE for a tenant's own item, YYYY-MM for an archived month."""

STEPS: Final[Mapping[int, Step]] = {}
"""By the schema that a step begins with. Schema 1 is the first, so there is no step yet."""


class Migration(NamedTuple):
    """What a migration found.

    Attributes:
        migrated: The names of the tenants that were changed.
        current: The names of those that had the schema already.
    """

    migrated: tuple[str, ...]
    current: tuple[str, ...]


class _Place(NamedTuple):
    """The partition and the sort key of an item."""

    pk: str
    sk: str


def migrate(administration: Administration, steps: Mapping[int, Step] = STEPS, target: int = SCHEMA) -> Migration:
    """Change every tenant's items to the schema of this release, one step after the other.

    Args:
        administration: The table, who changes it, and the time.
        steps: The step by the schema that it begins with.
        target: The schema to reach.

    Raises:
        MeteringError: An item has a schema that no step begins with, such as that of a newer release. It is left as it
            is, and a table may be migrated in part; running the command again goes on.
    """
    migrated: list[str] = []
    current: list[str] = []
    for name, entry in administration.table.list_items(NAMES):
        changed = _migrate_tenant(administration, name, entry["id"], steps, target)
        (migrated if changed else current).append(name)
    return Migration(tuple(migrated), tuple(current))


def _migrate_tenant(
    administration: Administration, name: str, tenant_id: str, steps: Mapping[int, Step], target: int
) -> bool:
    partition = name_archive_partition(tenant_id)
    places = [_Place(partition, month) for month, _ in administration.table.list_items(partition)]
    places.append(_Place(tenant_id, STATE))
    changed = [_migrate_item(administration, (name, tenant_id), place, steps, target) for place in places]
    return any(changed)


def _migrate_item(
    administration: Administration, tenant: tuple[str, str], place: _Place, steps: Mapping[int, Step], target: int
) -> bool:
    table, changed = administration.table, False
    name, tenant_id = tenant
    while (item := table.read(*place)) is not None and item.get("schema") != target:
        found = item.get("schema")
        step = steps.get(found) if isinstance(found, int) and found < target else None
        if step is None:
            what = f"tenant {name} is of schema {found!r}, which this release cannot turn into schema {target}"
            raise MeteringError(table.location, what, "Update Pilotlight, then run the command again.")
        record_action(administration, tenant_id, "tenants migrate", item=place.sk, schema=found)
        make_change(table, place.pk, step(place.sk, item), f"tenant {name}", place.sk)
        changed = True
    return changed
