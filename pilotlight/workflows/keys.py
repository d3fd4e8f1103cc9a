"""Keys of a tenant: created, listed, rotated and revoked."""

from __future__ import annotations

from typing import NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.metering import (
    IssuedKey,
    Key,
    KeySpec,
    Tenant,
    create_key,
    find_tenant,
    parse_duration,
    parse_expiry,
    revoke_key,
    rotate_key,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context

__all__ = ["IssuedKey", "Key", "KeyRequest", "Tenant", "create", "list_of", "revoke", "rotate"]


class KeyRequest(NamedTuple):
    """A key to create.

    Attributes:
        tenant: The tenant's name.
        label: The key's label.
        models: The models that it may ask; None for all.
        expires: The last day, or a duration; None for never.
        test: Whether it begins with plk_test_.
        table: What the command says of the table; "" for the project's own.
    """

    tenant: str
    label: str
    models: tuple[str, ...] | None = None
    expires: str | None = None
    test: bool = False
    table: str = ""


def create(request: KeyRequest, context: Context) -> IssuedKey:
    """Create a key for models of this project, or find it where it exists so.

    Raises:
        MeteringError: There is no such tenant, or the key cannot be created as asked.
        ProjectError: There is no such model.
    """
    # An empty list or text, such as that of a variable that is not set, must not mean all models and no end.
    if request.models is not None and not request.models:
        raise MeteringError("models", "names none", "Name one or more, or leave it out for a key that holds for all.")
    for model in request.models or ():
        context.project.require_folder(model)
    expires, lifetime = (0, 0) if request.expires is None else parse_expiry(request.expires)
    models = None if request.models is None else tuple(sorted(set(request.models)))
    spec = KeySpec(request.label, models, expires, lifetime, request.test)
    return create_key(open_administration(context, request.table), request.tenant, spec)


def list_of(tenant: str, table: str, context: Context) -> Tenant:
    """Return a tenant with its keys."""
    return find_tenant(open_administration(context, table).table, tenant)


def rotate(tenant: str, which: str, grace: str, table: str, context: Context) -> IssuedKey:
    """Make a new secret for a key, and accept the old one for a while.

    Args:
        tenant: The tenant's name.
        which: The key's label or id, or a whole key.
        grace: How long the old secret is accepted, such as 24h.
        table: What the command says of the table.
        context: The project, the user and the clock.
    """
    return rotate_key(open_administration(context, table), tenant, which, parse_duration(grace))


def revoke(tenant: str, which: str, table: str, context: Context) -> Key:
    """Revoke a key by its label or id, or by a whole key that has leaked."""
    return revoke_key(open_administration(context, table), tenant, which)
