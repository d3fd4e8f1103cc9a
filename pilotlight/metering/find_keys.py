"""Finds a tenant's keys by their labels and ids, and a leaked key by itself."""

from __future__ import annotations

from collections.abc import Sequence

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import join_names, name_of
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import DELETED, STATE, Key, Tenant, read_tenant
from pilotlight.metering.tenants import find_tenant
from pilotlight_runtime.metering.keys import KEY_PREFIX, read_key
from pilotlight_runtime.metering.keys import Key as RuntimeKey


def find_living(table: Table, name: str) -> Tenant:
    """Return a tenant that is not deleted; MeteringError where there is none."""
    tenant = find_tenant(table, name)
    if tenant.state == DELETED:
        raise MeteringError(
            f"tenant {name}", "is deleted and has no keys", "`pilotlight tenants list` shows the others."
        )
    return tenant


def find_newest(tenant: Tenant, label: str) -> Key | None:
    """Return the newest secret of the key with a label; None where the tenant has no such key."""
    return next((key for key in reversed(tenant.keys) if key.label == label), None)


def select_secrets(tenant: Tenant, which: str) -> Sequence[Key]:
    """Return the secrets of a key, the oldest first.

    Args:
        tenant: The tenant.
        which: The key's label or id.

    Raises:
        MeteringError: The tenant has no such key.
    """
    _refuse_damaged(which)
    ids = {key.id for key in tenant.keys if which in (key.label, key.id)}
    if not ids:
        labels = join_names(sorted({key.label for key in tenant.keys})) or "none"
        raise MeteringError(f"key '{name_of(which)}'", f"is none of tenant {tenant.name}", f"There: {labels}.")
    return [key for key in tenant.keys if key.id in ids]


def find_secrets(table: Table, tenant_name: str, which: str) -> tuple[Tenant, Sequence[Key]]:
    """Return a tenant and the secrets of one of its keys, the oldest first.

    Args:
        table: The service's table.
        tenant_name: The tenant; "" where the command names none.
        which: The key's label or id, or a whole key, which names its tenant.

    Raises:
        MeteringError: There is no such tenant or key, or the whole key is that of another tenant. The message does not
            repeat a whole key.
    """
    whole = read_key(which)
    if whole is None:
        return _find_named(table, tenant_name, which)
    tenant, secrets = _find_whole(table, whole)
    if tenant_name and tenant_name != tenant.name:
        what = f"is one of tenant {tenant.name}, not of {name_of(tenant_name)}"
        raise MeteringError("this key", what, "Leave out --tenant, or correct it.")
    return tenant, secrets


def _find_named(table: Table, tenant_name: str, which: str) -> tuple[Tenant, Sequence[Key]]:
    _refuse_damaged(which)
    if not tenant_name:
        what = "is no whole key, so that its tenant is needed"
        raise MeteringError(f"key '{name_of(which)}'", what, "Give --tenant.")
    tenant = find_living(table, tenant_name)
    return tenant, select_secrets(tenant, which)


def _find_whole(table: Table, whole: RuntimeKey) -> tuple[Tenant, Sequence[Key]]:
    item = table.read(whole.tenant, STATE)
    tenant = None if item is None else read_tenant(whole.tenant, item, table.location)
    for key in tenant.keys if tenant else ():
        if tenant and key.hash == whole.hash:
            return tenant, select_secrets(tenant, key.id)
    hint = "It is revoked already, or is that of another table."
    raise MeteringError("this key", f"is not in {table.location}", hint)


def _refuse_damaged(which: str) -> None:
    """Refuse what looks like a whole key and is none, before a message repeats it."""
    if which.startswith(KEY_PREFIX):
        what = f"begins with {KEY_PREFIX}, and its length or its checksum is wrong"
        raise MeteringError("this key", what, "Give the whole key, or its label or id.")
