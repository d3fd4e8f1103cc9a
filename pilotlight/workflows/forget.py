"""A tenant of the service forgotten."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Final, NamedTuple

from pilotlight.core.service_settings import locate_table
from pilotlight.metering import forget_tenant
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.captures import CaptureRequest, find_objects
from pilotlight.workflows.context import Context
from pilotlight.workflows.tenants import TenantRequest

RECOVERY: Final = timedelta(days=35)
"""How long DynamoDB keeps the history of a table with point-in-time recovery (DynamoDB Developer Guide)."""


class ForgottenTenant(NamedTuple):
    """A tenant that was forgotten.

    Attributes:
        pseudonym: The name that its counters have now.
        entries: How many entries of its audit trail had its name or a label.
        captures: How many captured requests were deleted.
        recoverable_until: The last day on which a restored table would have the name and the data key, as YYYY-MM-DD;
            "" for a file.
    """

    pseudonym: str
    entries: int
    captures: int
    recoverable_until: str


def forget(request: TenantRequest, context: Context, captures: str = "") -> ForgottenTenant:
    """Delete a tenant, its captures and the labels of its keys, and replace its name in the service's table.

    Args:
        request: The tenant.
        context: The project, the user and the clock.
        captures: What the command says of where captures are; "" for the project's own place.

    Raises:
        MeteringError: There is no such tenant, somebody else changed it at the same time, or its captures cannot be
            deleted.
    """
    objects = find_objects(CaptureRequest(request.name, captures, request.table), context)
    found = forget_tenant(open_administration(context, request.table), request.name, objects)
    is_file = locate_table(request.table, context.environ, context.project.root).file is not None
    until = "" if is_file else (context.clock().astimezone(UTC).date() + RECOVERY).isoformat()
    return ForgottenTenant(found.pseudonym, found.entries, found.captures, until)
