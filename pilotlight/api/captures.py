"""Captured requests of the service's tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProject, make_context

if TYPE_CHECKING:  # the rooms load when a function is called
    from pilotlight.workflows.captures import CaptureChange, CaptureEntry, Exchange


def capture_tenant(
    tenant: str, *, on: bool, location: str = "", table: str = "", project: AnyProject = None
) -> CaptureChange:
    """Allow models to capture a tenant's requests, or end it and delete what was captured.

    Args:
        tenant: The tenant's name.
        on: True to allow captures; False to destroy the tenant's data key and delete its captures.
        location: Where captures are: s3://BUCKET or a folder. Empty for the project's own place.
        table: The service's table: its name in DynamoDB, or sqlite:FILE. Empty for the project's own.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The tenant's consent afterwards.

    Raises:
        MeteringError: There is no such tenant, no KMS key is known, or captures cannot be deleted.
        ProjectError: pilotlight.toml is wrong.
    """
    from pilotlight.workflows.captures import CaptureRequest, allow, end

    return (allow if on else end)(CaptureRequest(tenant, location, table), make_context(project))


def captures(
    tenant: str, *, model: str = "", day: str = "", location: str = "", table: str = "", project: AnyProject = None
) -> list[CaptureEntry]:
    """List the captured requests of a tenant, oldest first.

    Args:
        tenant: The tenant's name.
        model: Only those of this model. Empty for all.
        day: Only those of this day, as YYYY-MM-DD in UTC. Empty for all.
        location: Where captures are: s3://BUCKET or a folder. Empty for the project's own place.
        table: The service's table: its name in DynamoDB, or sqlite:FILE. Empty for the project's own.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        What there is of each, without its content.

    Raises:
        MeteringError: There is no such tenant, or nothing says where captures are.
        ProjectError: pilotlight.toml is wrong.
    """
    from pilotlight.workflows.captures import CaptureRequest, list_of

    return list_of(CaptureRequest(tenant, location, table), model, day, make_context(project))


def read_capture(
    tenant: str, name: str, *, location: str = "", table: str = "", project: AnyProject = None
) -> Exchange:
    """Decrypt a captured request.

    Args:
        tenant: The tenant's name.
        name: The capture's name, as `captures` returns it.
        location: Where captures are: s3://BUCKET or a folder. Empty for the project's own place.
        table: The service's table: its name in DynamoDB, or sqlite:FILE. Empty for the project's own.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The request and its answer.

    Raises:
        MeteringError: The tenant has no such capture, or it cannot be decrypted.
        ProjectError: pilotlight.toml is wrong.
    """
    from pilotlight.workflows.captures import CaptureRequest, show

    return show(CaptureRequest(tenant, location, table), name, make_context(project))
