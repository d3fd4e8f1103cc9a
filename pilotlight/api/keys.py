"""Keys of the service's tenants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProject, make_context

if TYPE_CHECKING:  # what a workflow needs loads when a function is called
    from pilotlight.metering import IssuedKey, Key


def create_key(
    tenant: str,
    *,
    label: str = "default",
    models: Sequence[str] | None = None,
    expires: str | None = None,
    test: bool = False,
    table: str = "",
    project: AnyProject = None,
) -> IssuedKey:
    """Create a key, or find it where the tenant has one with this label and these settings.

    Args:
        tenant: The tenant's name.
        label: The key's name within the tenant.
        models: The models that it may ask; None for all.
        expires: Its last day in UTC, such as 2026-12-31, or a time such as 90d; None for never.
        test: Whether it begins with plk_test_. It is charged like any other.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key. `secret` is there only where this call made it: the table has no secret to show again.

    Raises:
        MeteringError: There is no such tenant, the label is that of a key with other settings, the tenant has too many
            keys, or the expiry is over.
        ProjectError: The project has no such model.
    """
    from pilotlight.workflows.keys import KeyRequest, create

    return create(
        KeyRequest(tenant, label, None if models is None else tuple(models), expires, test, table),
        make_context(project),
    )


def keys(tenant: str, *, table: str = "", project: AnyProject = None) -> list[Key]:
    """List a tenant's keys, without their secrets.

    Args:
        tenant: The tenant's name.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The keys, oldest first; one that was rotated is there once for each secret.

    Raises:
        MeteringError: There is no such tenant, or the table cannot be read.
    """
    from pilotlight.workflows.keys import list_of

    return list(list_of(tenant, table, make_context(project)).keys)


def rotate_key(
    key: str, *, tenant: str = "", grace: str = "24h", table: str = "", project: AnyProject = None
) -> IssuedKey:
    """Make a new secret for a key. The old one is accepted for a while; label, models and counters stay.

    Args:
        key: The key's label or id, or the whole key.
        tenant: The tenant's name; a whole key needs none.
        grace: How long the old secret is accepted, such as 24h or 0s.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key with its new secret.

    Raises:
        MeteringError: There is no such tenant or key, it has expired, or somebody else changed it at the same time.
    """
    from pilotlight.workflows.keys import rotate

    return rotate(tenant, key, grace, table, make_context(project))


def revoke_key(key: str, *, tenant: str = "", table: str = "", project: AnyProject = None) -> Key:
    """Refuse a key from the very next answer on. Its counters stay.

    Args:
        key: The key's label or id, or the whole key.
        tenant: The tenant's name; a whole key needs none.
        table: See `create_tenant`.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The key that was revoked.

    Raises:
        MeteringError: There is no such tenant or key, or somebody else changed it at the same time.
    """
    from pilotlight.workflows.keys import revoke

    return revoke(tenant, key, table, make_context(project))
