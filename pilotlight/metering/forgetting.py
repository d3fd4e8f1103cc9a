"""A tenant forgotten: its captures go, and the table has a pseudonym for its name. Counters stay, for invoices."""

from __future__ import annotations

from typing import Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Path, Update
from pilotlight.metering.administration import Administration, name_audit_partition, record_action
from pilotlight.metering.capture_consent import was_captured
from pilotlight.metering.capture_objects import CaptureObjects
from pilotlight.metering.captures import remove_captures
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import DELETED, NAMES, SCHEMA, STATE, Tenant
from pilotlight.metering.tenants import find_tenant, make_change, set_state
from pilotlight_runtime.metering.captures.data_keys import CONSENT

_PSEUDONYM: Final = "forgotten-"
_WHERE_HINT: Final = (
    'Write captures = "s3://BUCKET" into [service] of pilotlight.toml. Where the bucket is gone, give an empty folder:'
    " --captures FOLDER."
)
_DETAIL: Final = "detail"
_NAMES: Final = ("name", "tenant")
"""The fields of an audit entry's detail that have a tenant's name."""


class Forgotten(NamedTuple):
    """A tenant that was forgotten.

    Attributes:
        pseudonym: The name that its counters have now.
        entries: How many entries of its audit trail had its name or a label.
        captures: How many captured requests were deleted.
    """

    pseudonym: str
    entries: int
    captures: int = 0


def forget_tenant(administration: Administration, name: str, objects: CaptureObjects | None = None) -> Forgotten:
    """Delete a tenant, its data key and its captures, replace its name, and remove the labels of its keys.

    The old name goes last. Where a call stops before, the same call finds the tenant and finishes.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        objects: Where captured requests are; None where that is not known.

    Raises:
        MeteringError: There is no such tenant, somebody else changed it at the same time, or its captures cannot be
            deleted.
    """
    table = administration.table
    tenant = find_tenant(table, name)
    pseudonym = make_pseudonym(tenant.id)
    if name == pseudonym:
        return Forgotten(pseudonym, 0, 0 if objects is None else remove_captures(objects, tenant.id))
    if objects is None and was_captured(table, tenant.id):
        raise MeteringError(f"tenant {name}", "was captured, and nothing says where captures are", _WHERE_HINT)
    record_action(administration, tenant.id, "forget", pseudonym=pseudonym)
    set_state(administration, name, DELETED)
    _take_pseudonym(table, tenant.id, pseudonym)
    _rename(table, tenant, pseudonym)
    captures = 0 if objects is None else remove_captures(objects, tenant.id)
    trail = name_audit_partition(tenant.id)
    entries = list(table.list_items(trail))
    cleaned = sum(_clean_entry(table, trail, sk, entry, pseudonym) for sk, entry in entries)
    table.remove(NAMES, name)
    return Forgotten(pseudonym, cleaned, captures)


def make_pseudonym(tenant_id: str) -> str:
    """Return the name that a forgotten tenant has. Its id, which logs have, says nothing of a person."""
    return f"{_PSEUDONYM}{tenant_id.encode().hex()}"


def _take_pseudonym(table: Table, tenant_id: str, pseudonym: str) -> None:
    table.create(NAMES, pseudonym, {"id": tenant_id})
    entry = table.read(NAMES, pseudonym)
    if entry is None or entry["id"] != tenant_id:
        raise MeteringError(table.location, f"has {pseudonym} as the name of another tenant", "Rename that one first.")


def _rename(table: Table, tenant: Tenant, pseudonym: str) -> None:
    # The data key goes in the same step: what was captured cannot be read from here on.
    change = Update({("name",): pseudonym}, remove=[(CONSENT,)], expect={("schema",): SCHEMA, (STATE,): DELETED})
    make_change(table, tenant.id, change, f"tenant {tenant.name}")


def _clean_entry(table: Table, trail: str, sk: str, entry: Item, pseudonym: str) -> bool:
    """Replace what people wrote in an audit entry, and return whether there was anything. Who did what, when, stays."""
    # Without a label, usage and invoices show the id of the key.
    wanted = {**dict.fromkeys(_NAMES, pseudonym), "label": ""}
    detail = entry[_DETAIL]
    fields: dict[Path, str] = {(_DETAIL, name): text for name, text in wanted.items() if detail.get(name, text) != text}
    return bool(fields) and table.update(trail, sk, Update(fields))
