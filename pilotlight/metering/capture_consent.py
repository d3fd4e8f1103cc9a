"""A tenant's consent to be captured: the data key in its item. Without it, what was captured cannot be read."""

from __future__ import annotations

import os
from binascii import b2a_base64
from typing import Any, Final, NamedTuple, Protocol

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import ABSENT, Item, Path, Update
from pilotlight.metering.administration import Administration, read_audit_trail, record_action
from pilotlight.metering.capture_objects import CaptureObjects
from pilotlight.metering.captures import remove_captures
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import DELETED, SCHEMA, STATE
from pilotlight.metering.tenants import build_conflict, find_tenant
from pilotlight_runtime.metering.captures.aes_gcm import KEY_BYTES
from pilotlight_runtime.metering.captures.data_keys import CONSENT, PLAIN, find_consent

ACTION: Final = "tenants capture"


class KeyMaker(Protocol):
    """Makes data keys."""

    def make(self, tenant_id: str) -> Item:
        """Return a new data key as a tenant's item holds it: `kind` and `key`.

        Raises:
            MeteringError: None can be made.
        """


class PlainKeyMaker:
    """Makes data keys that lie in the table as they are, for a file of SQLite. See KeyMaker."""

    def make(self, tenant_id: str) -> Item:
        """See KeyMaker.make."""
        del tenant_id
        return {"kind": PLAIN, "key": b2a_base64(os.urandom(KEY_BYTES), newline=False).decode()}


class CaptureChange(NamedTuple):
    """A tenant's consent after a change.

    Attributes:
        tenant: The tenant's name.
        on: Whether its requests may be captured.
        changed: Whether that was otherwise before.
        deleted: How many captures were deleted.
    """

    tenant: str
    on: bool
    changed: bool
    deleted: int


def allow_capture(administration: Administration, name: str, keys: KeyMaker) -> CaptureChange:
    """Give a tenant a data key, so that its requests may be captured. One that has a key keeps it.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        keys: Makes the key.

    Raises:
        MeteringError: There is no such tenant, it is deleted, somebody else changed it at the same time, or there is
            no key to be had.
    """
    tenant = find_tenant(administration.table, name)
    if tenant.state == DELETED:
        raise MeteringError(f"tenant {name}", "is deleted", "`pilotlight tenants list` shows the others.")
    if find_consent(tenant.item) is not None:
        return CaptureChange(name, on=True, changed=False, deleted=0)
    consent = {**keys.make(tenant.id), "since": administration.seconds()}
    record_action(administration, tenant.id, ACTION, capture="on")
    expected: dict[Path, Any] = {("schema",): SCHEMA, (STATE,): tenant.state, (CONSENT,): ABSENT}
    if not administration.table.update(tenant.id, STATE, Update({(CONSENT,): consent}, expect=expected)):
        raise build_conflict(f"tenant {name}")
    return CaptureChange(name, on=True, changed=True, deleted=0)


def end_capture(administration: Administration, name: str, objects: CaptureObjects) -> CaptureChange:
    """Destroy a tenant's data key, and delete its captures.

    The key goes first, so that functions capture nothing from then on. Where a call stops before all captures are
    deleted, the same call deletes the rest.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        objects: Where captures are.

    Raises:
        MeteringError: There is no such tenant, or captures cannot be deleted.
    """
    table = administration.table
    tenant = find_tenant(table, name)
    changed = find_consent(tenant.item) is not None
    if changed:
        record_action(administration, tenant.id, ACTION, capture="off")
        if not table.update(tenant.id, STATE, Update(remove=[(CONSENT,)], expect={("schema",): SCHEMA})):
            raise build_conflict(f"tenant {name}")
    return CaptureChange(name, on=False, changed=changed, deleted=remove_captures(objects, tenant.id))


def was_captured(table: Table, tenant_id: str) -> bool:
    """Return whether a tenant's requests were allowed to be captured at any time."""
    return any(entry.action == ACTION for entry in read_audit_trail(table, tenant_id))
