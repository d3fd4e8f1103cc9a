"""Keys of a tenant: created, rotated and revoked. The table holds their hashes; a secret is shown once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import join_names, name_of
from pilotlight.core.table_update import ABSENT, PRESENT, Update
from pilotlight.metering.administration import Administration, draw_word, record_action
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import DELETED, LABEL_PREFIX, SCHEMA, STATE, Key, Tenant, check_name, read_tenant
from pilotlight.metering.tenants import build_conflict, find_tenant
from pilotlight_runtime.metering.keys import KEY_PREFIX, LIVE, TEST, hash_key, make_key, read_key
from pilotlight_runtime.metering.keys import Key as RuntimeKey

MOST_KEYS: Final = 100
"""Secrets of a tenant. Each is a part of the item that every answer writes, and is paid for by the kilobyte."""
_TRIES: Final = 10


class KeySpec(NamedTuple):
    """A key to create.

    Attributes:
        label: Its label, which no other key of the tenant has.
        models: The models that it may ask; None for all.
        expires: Seconds since the epoch; 0 for never.
        lifetime: Seconds from its creation to its expiry, in place of `expires`; 0 for none.
        test: Whether it begins with plk_test_. It is counted and charged like any other.
    """

    label: str
    models: tuple[str, ...] | None = None
    expires: int = 0
    lifetime: int = 0
    test: bool = False


class IssuedKey(NamedTuple):
    """A key, and its secret where this call made it.

    Attributes:
        tenant: The tenant's name.
        key: The key.
        secret: The whole key; "" where it existed before.
        old_until: Seconds since the epoch until which a rotated key's old secret is accepted; 0 where there is none.
    """

    tenant: str
    key: Key
    secret: str = ""
    old_until: int = 0


def create_key(administration: Administration, tenant_name: str, spec: KeySpec) -> IssuedKey:
    """Create a key, or find it where the tenant has one with this label and these settings.

    Args:
        administration: The table, who changes it, and the time.
        tenant_name: The tenant.
        spec: The key.

    Returns:
        The key. Its secret is there only where this call made it: the table has no secret to show again.

    Raises:
        MeteringError: There is no such tenant, the label is that of a key with other settings, the tenant has too many
            keys, or the expiry is over.
    """
    check_name("key", spec.label)
    tenant = _find_living(administration.table, tenant_name)
    known = _newest(tenant, spec.label)
    if known is not None:
        _require_same(known, spec, tenant_name)
        return IssuedKey(tenant_name, known)
    now = administration.seconds()
    where = f"key {spec.label} of tenant {tenant_name}"
    expires = now + spec.lifetime if spec.lifetime else spec.expires
    if expires and expires <= now:
        raise MeteringError(where, "would have expired already", "Give a time to come.")
    if len(tenant.keys) >= MOST_KEYS:
        raise MeteringError(where, f"is one too many: a tenant has at most {MOST_KEYS}", "Revoke one first.")
    secret = make_key(tenant.id, TEST if spec.test else LIVE, os.urandom)
    kind = TEST if spec.test else LIVE
    key = Key(draw_word(), spec.label, kind, spec.models, expires, now, hash_key(secret))
    record_action(administration, tenant.id, "keys create", **describe_key(key))
    label = (f"{LABEL_PREFIX}{spec.label}",)
    change = Update(
        set={("keys", key.hash): _write_key(key), label: key.id},
        expect={("schema",): SCHEMA, (STATE,): tenant.state, label: ABSENT},
    )
    if not administration.table.update(tenant.id, STATE, change):
        raise build_conflict(where)
    return IssuedKey(tenant_name, key, secret)


def rotate_key(administration: Administration, tenant_name: str, which: str, grace_s: int) -> IssuedKey:
    """Make a new secret for a key. The old one is accepted for a stated time; counters, label and models stay.

    Args:
        administration: The table, who changes it, and the time.
        tenant_name: The tenant.
        which: The key's label or id.
        grace_s: Seconds for which the old secret is accepted; 0 for none.

    Raises:
        MeteringError: There is no such tenant or key, it has expired, or somebody else changed it at the same time.
    """
    tenant = _find_living(administration.table, tenant_name)
    secrets = _select(tenant, which)
    old, now = secrets[-1], administration.seconds()
    where = f"key {old.label} of tenant {tenant_name}"
    if old.expires and old.expires <= now:
        raise MeteringError(where, "has expired", "Revoke it, and create another one.")
    secret = make_key(tenant.id, old.kind, os.urandom)
    key = old._replace(created=max(now, old.created + 1), hash=hash_key(secret))
    until = min(now + grace_s, old.expires or now + grace_s)
    record_action(administration, tenant.id, "keys rotate", **describe_key(key), old_until=until)
    rotated = ("keys", old.hash, "rotated")
    change = Update(
        set={("keys", key.hash): _write_key(key), ("keys", old.hash, "expires"): until, rotated: now},
        remove=[("keys", each.hash) for each in secrets[:-1] if each.expires and each.expires <= now],
        # Of two rotations at the same time the second finds the mark of the first, and does nothing.
        expect={("schema",): SCHEMA, ("keys", old.hash): PRESENT, rotated: ABSENT},
    )
    if not administration.table.update(tenant.id, STATE, change):
        raise build_conflict(where)
    return IssuedKey(tenant_name, key, secret, until)


def revoke_key(administration: Administration, tenant_name: str, which: str) -> Key:
    """Remove every secret of a key: the very next answer is refused. Its counters stay.

    Args:
        administration: The table, who changes it, and the time.
        tenant_name: The tenant; "" where `which` is a whole key, which names its tenant.
        which: The key's label or id, or a whole key that has leaked.

    Raises:
        MeteringError: There is no such tenant or key, or somebody else changed it at the same time.
    """
    table = administration.table
    leaked = read_key(which)
    tenant, secrets = _find_leaked(table, leaked) if leaked else _find_named(table, tenant_name, which)
    key = secrets[-1]
    record_action(administration, tenant.id, "keys revoke", **describe_key(key))
    for _ in range(_TRIES):
        change = Update(
            remove=[*(("keys", each.hash) for each in secrets), (f"{LABEL_PREFIX}{key.label}",)],
            expect={("schema",): SCHEMA, **{("keys", each.hash): PRESENT for each in secrets}},
        )
        table.update(tenant.id, STATE, change)
        # A rotation that came in between has added a secret.
        secrets = [each for each in find_tenant(table, tenant.name).keys if each.id == key.id]
        if not secrets:
            return key
    raise build_conflict(f"key {key.label} of tenant {tenant.name}")


def describe_key(key: Key) -> dict[str, Any]:
    """Return a key for the audit trail and for people: everything but its hash."""
    models = None if key.models is None else list(key.models)
    return {"key": key.id, "label": key.label, "kind": key.kind, "models": models, "expires": key.expires}


def _write_key(key: Key) -> dict[str, Any]:
    record = {"id": key.id, "label": key.label, "kind": key.kind, "expires": key.expires, "created": key.created}
    return record if key.models is None else {**record, "models": list(key.models)}


def _find_living(table: Table, name: str) -> Tenant:
    tenant = find_tenant(table, name)
    if tenant.state == DELETED:
        raise MeteringError(f"tenant {name}", "is deleted", "`pilotlight tenants list` shows the others.")
    return tenant


def _newest(tenant: Tenant, label: str) -> Key | None:
    return next((key for key in reversed(tenant.keys) if key.label == label), None)


def _select(tenant: Tenant, which: str) -> Sequence[Key]:
    """Return the secrets of a key by its label or id, the oldest first."""
    _refuse_damaged(which)
    ids = {key.id for key in tenant.keys if which in (key.label, key.id)}
    if not ids:
        labels = join_names(sorted({key.label for key in tenant.keys})) or "none"
        raise MeteringError(f"key '{name_of(which)}'", f"is none of tenant {tenant.name}", f"There: {labels}.")
    return [key for key in tenant.keys if key.id in ids]


def _find_named(table: Table, tenant_name: str, which: str) -> tuple[Tenant, Sequence[Key]]:
    if not tenant_name:
        raise MeteringError(
            f"key '{name_of(which)}'", "is no whole key, so that its tenant is needed", "Give --tenant."
        )
    tenant = find_tenant(table, tenant_name)
    return tenant, _select(tenant, which)


def _find_leaked(table: Table, leaked: RuntimeKey) -> tuple[Tenant, Sequence[Key]]:
    """Find the key whose secret somebody has found. The error does not repeat it."""
    item = table.read(leaked.tenant, STATE)
    tenant = None if item is None else read_tenant(leaked.tenant, item, table.location)
    for key in tenant.keys if tenant else ():
        if tenant and key.hash == leaked.hash:
            return tenant, _select(tenant, key.id)
    raise MeteringError(
        "this key", f"is not in {table.location}", "It is revoked already, or is that of another table."
    )


def _refuse_damaged(which: str) -> None:
    """Refuse what looks like a whole key and is none, before a message repeats it."""
    if which.startswith(KEY_PREFIX):
        what = f"begins with {KEY_PREFIX}, and its length or its checksum is wrong"
        raise MeteringError("this key", what, "Give the whole key, or its label or id.")


def _require_same(known: Key, spec: KeySpec, tenant_name: str) -> None:
    wanted: Mapping[str, Any] = {
        "models": None if spec.models is None else sorted(spec.models),
        # The same command run again gives the same lifetime, from a later time on.
        "expires": known.expires if spec.lifetime else spec.expires,
        "kind": TEST if spec.test else LIVE,
    }
    found = {
        "models": None if known.models is None else sorted(known.models),
        "expires": known.expires,
        "kind": known.kind,
    }
    different = [name for name, value in wanted.items() if found[name] != value]
    if different:
        raise MeteringError(
            f"key {known.label} of tenant {tenant_name}",
            f"exists already, with other {' and '.join(different)}",
            "Choose another label, or revoke it first.",
        )
