"""Captured requests of a tenant: allowed, ended, listed, decrypted."""

from __future__ import annotations

from binascii import a2b_base64
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.capture_location import locate_captures
from pilotlight.core.errors import MeteringError
from pilotlight.core.service_settings import locate_table, read_service_settings
from pilotlight.metering import (
    CaptureChange,
    CaptureEntry,
    CaptureObjects,
    FolderObjects,
    KeyMaker,
    PlainKeyMaker,
    Tenant,
    allow_capture,
    end_capture,
    find_tenant,
    list_captures,
    read_capture,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context
from pilotlight_runtime.metering.captures.data_keys import BY_KMS, CONSENT
from pilotlight_runtime.metering.captures.documents import Exchange

__all__ = [
    "CaptureChange",
    "CaptureEntry",
    "CaptureRequest",
    "Exchange",
    "allow",
    "end",
    "find_objects",
    "list_of",
    "require_objects",
    "show",
]


class CaptureRequest(NamedTuple):
    """Whose captures, and where.

    Attributes:
        tenant: The tenant's name.
        location: What the command says of where captures are; "" for the project's own place.
        table: What the command says of the table; "" for the project's own.
    """

    tenant: str
    location: str = ""
    table: str = ""


def allow(request: CaptureRequest, context: Context) -> CaptureChange:
    """Give a tenant a data key, so that models with [capture] may capture its requests.

    Raises:
        MeteringError: There is no such tenant, it is deleted, or no KMS key is known.
        ProjectError: pilotlight.toml is wrong.
    """
    administration = open_administration(context, request.table)
    return allow_capture(administration, request.tenant, _find_key_maker(request, context))


def end(request: CaptureRequest, context: Context) -> CaptureChange:
    """Destroy a tenant's data key, and delete its captures.

    Raises:
        MeteringError: There is no such tenant, or captures cannot be deleted.
        ProjectError: It is not known where captures are.
    """
    objects = require_objects(request, context)
    return end_capture(open_administration(context, request.table), request.tenant, objects)


def list_of(request: CaptureRequest, model: str, day: str, context: Context) -> list[CaptureEntry]:
    """List the captures of a tenant, oldest first.

    Args:
        request: The tenant.
        model: Only those of this model; "" for all.
        day: Only those of this day, as YYYY-MM-DD in UTC; "" for all.
        context: The project, the user and the clock.
    """
    objects = require_objects(request, context)
    tenant = find_tenant(open_administration(context, request.table).table, request.tenant)
    return list_captures(objects, tenant, context.seconds(), model, day)


def show(request: CaptureRequest, name: str, context: Context) -> Exchange:
    """Decrypt a capture of a tenant.

    Raises:
        MeteringError: There is no such tenant or capture, or it cannot be decrypted.
        ProjectError: It is not known where captures are.
    """
    objects = require_objects(request, context)
    tenant = find_tenant(open_administration(context, request.table).table, request.tenant)
    return read_capture(objects, tenant, _open_key, name, context.seconds())


def find_objects(request: CaptureRequest, context: Context) -> CaptureObjects | None:
    """Open the place where captures are; None where none is known."""
    root = context.project.root
    found = locate_captures(request.location, context.environ, root, default=_has_file(request, context))
    if found is None:
        return None
    if found.folder:
        return FolderObjects(Path(found.folder))
    from pilotlight.aws import BucketObjects, Clients

    return BucketObjects(Clients().s3, found.bucket, found.prefix)


def require_objects(request: CaptureRequest, context: Context) -> CaptureObjects:
    """Open the place where captures are; MeteringError where none is known."""
    objects = find_objects(request, context)
    if objects is None:
        raise MeteringError(
            "captures",
            "nothing says where they are",
            'Write captures = "s3://BUCKET" into [service] of pilotlight.toml: it is the stack\'s output Captures.',
        )
    return objects


def _find_key_maker(request: CaptureRequest, context: Context) -> KeyMaker:
    if _has_file(request, context):
        return PlainKeyMaker()
    key = read_service_settings(context.project.root).captures_key
    if not key:
        raise MeteringError(
            "captures_key",
            "nothing says which KMS key encrypts the tenants' data keys",
            'Write captures_key = "arn:aws:kms:..." into [service] of pilotlight.toml: it is the stack\'s output'
            " CapturesKey.",
        )
    from pilotlight.aws import Clients, DataKeyService

    return DataKeyService(Clients().kms, key)


def _open_key(tenant: Tenant) -> bytes:
    """Return the data key of a tenant that has one."""
    consent = tenant.item[CONSENT]
    if consent["kind"] != BY_KMS:
        return a2b_base64(consent["key"])
    from pilotlight.aws import Clients, DataKeyService

    return DataKeyService(Clients().kms).decrypt(tenant.id, consent["key"])


def _has_file(request: CaptureRequest, context: Context) -> bool:
    return locate_table(request.table, context.environ, context.project.root).file is not None
