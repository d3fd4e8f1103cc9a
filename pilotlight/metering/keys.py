"""Keys of a tenant: created, rotated and revoked. The table holds their hashes; a secret is shown once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import ABSENT, PRESENT, Update
from pilotlight.metering.administration import Administration, draw_word, record_action
from pilotlight.metering.find_keys import find_living, find_newest, find_secrets
from pilotlight.metering.tenant_item import LABEL_PREFIX, SCHEMA, STATE, Key, Tenant, check_name
from pilotlight.metering.tenants import build_conflict, find_tenant, make_change
from pilotlight_runtime.metering.keys import LIVE, TEST, hash_key, make_key

MOST_KEYS: Final = 100
"""Keys of a tenant. Each is a part of the item that every answer writes, and is paid for by the kilobyte."""
MOST_SECRETS: Final = 2 * MOST_KEYS
"""Secrets of a tenant: two of each key, while all are rotated."""
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
    tenant = find_living(administration.table, tenant_name)
    now = administration.seconds()
    known = find_newest(tenant, spec.label)
    if known is not None:
        _require_same(known, spec, tenant_name, now)
        return IssuedKey(tenant_name, known)
    where = f"key {spec.label} of tenant {tenant_name}"
    expires = now + spec.lifetime if spec.lifetime else spec.expires
    if expires and expires <= now:
        raise MeteringError(where, "would have expired already", "Give a time to come.")
    if len({each.id for each in tenant.keys}) >= MOST_KEYS:
        raise MeteringError(where, f"is one too many: a tenant has at most {MOST_KEYS}", "Revoke one first.")
    kind = TEST if spec.test else LIVE
    secret = make_key(tenant.id, kind, os.urandom)
    key = Key(draw_word(), spec.label, kind, spec.models, expires, now, hash_key(secret))
    record_action(administration, tenant.id, "keys create", **describe_key(key))
    label = (f"{LABEL_PREFIX}{spec.label}",)
    change = Update(
        set={("keys", key.hash): _write_key(key), label: key.id},
        expect={("schema",): SCHEMA, (STATE,): tenant.state, label: ABSENT},
    )
    make_change(administration.table, tenant.id, change, where)
    return IssuedKey(tenant_name, key, secret)


def rotate_key(administration: Administration, tenant_name: str, which: str, grace_s: int) -> IssuedKey:
    """Make a new secret for a key. The old one is accepted for a stated time; counters, label and models stay.

    A key that is rotated again within that time has more than one old secret. Each is accepted for its own time.

    Args:
        administration: The table, who changes it, and the time.
        tenant_name: The tenant; "" where `which` is a whole key, which names its tenant.
        which: The key's label or id, or a whole key.
        grace_s: Seconds for which the old secret is accepted; 0 for none.

    Raises:
        MeteringError: There is no such tenant or key, it has expired, it has too many secrets, or somebody else changed
            it at the same time.
    """
    tenant, secrets = find_secrets(administration.table, tenant_name, which)
    old, now = secrets[-1], administration.seconds()
    where = f"key {old.label} of tenant {tenant.name}"
    if old.expires and old.expires <= now:
        raise MeteringError(where, "has expired", "Revoke it, and create another one.")
    over = [each for each in secrets[:-1] if each.expires and each.expires <= now]
    _require_room(tenant, len(tenant.keys) - len(over), where)
    secret = make_key(tenant.id, old.kind, os.urandom)
    key = old._replace(created=max(now, old.created + 1), hash=hash_key(secret))
    until = min(now + grace_s, old.expires or now + grace_s)
    record_action(administration, tenant.id, "keys rotate", **describe_key(key), old_until=until)
    rotated = ("keys", old.hash, "rotated")
    change = Update(
        set={("keys", key.hash): _write_key(key), ("keys", old.hash, "expires"): until, rotated: now},
        remove=[("keys", each.hash) for each in over],
        # Of two rotations at the same time the second finds the mark of the first, and does nothing.
        expect={("schema",): SCHEMA, ("keys", old.hash): PRESENT, rotated: ABSENT},
    )
    make_change(administration.table, tenant.id, change, where)
    return IssuedKey(tenant.name, key, secret, until)


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
    tenant, secrets = find_secrets(table, tenant_name, which)
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


def _require_room(tenant: Tenant, secrets: int, where: str) -> None:
    if secrets >= MOST_SECRETS:
        what = f"cannot be rotated: tenant {tenant.name} has {secrets} secrets, and {MOST_SECRETS} are the most"
        raise MeteringError(where, what, "Wait until old secrets are over, or revoke keys.")


def _require_same(known: Key, spec: KeySpec, tenant_name: str, now: int) -> None:
    where = f"key {known.label} of tenant {tenant_name}"
    if known.expires and known.expires <= now:
        raise MeteringError(where, "exists already, and has expired", "Revoke it first, or choose another label.")
    expires = now + spec.lifetime if spec.lifetime else spec.expires
    wanted: Mapping[str, Any] = {
        "models": None if spec.models is None else sorted(spec.models),
        "expires": known.expires if _has_lifetime(known, spec.lifetime) else expires,
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
            where,
            f"exists already, with other {' and '.join(different)}",
            "Choose another label, or revoke it first.",
        )


def _has_lifetime(known: Key, lifetime: int) -> bool:
    """Return whether a key may have been created with a lifetime. A rotated one has less from its rotation on."""
    return bool(lifetime) and 0 < known.expires - known.created <= lifetime
