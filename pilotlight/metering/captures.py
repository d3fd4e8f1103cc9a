"""Captured requests: listed, decrypted and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import name_of
from pilotlight.metering.capture_objects import CaptureObjects
from pilotlight.metering.tenant_item import Tenant
from pilotlight_runtime.metering.captures.aes_gcm import CipherMissing, SealBroken, open_cipher
from pilotlight_runtime.metering.captures.data_keys import find_consent
from pilotlight_runtime.metering.captures.documents import Exchange, read_document
from pilotlight_runtime.metering.captures.names import DAYS, find_first_day, name_prefix, parse_name
from pilotlight_runtime.metering.captures.sealing import unseal

OpenKey = Callable[[Tenant], bytes]
"""Returns the data key of a tenant; MeteringError where it cannot be had."""


class CaptureEntry(NamedTuple):
    """A captured request, without its content.

    Attributes:
        name: Its name.
        model: The model.
        time: When it was made, such as "2026-11-26 12:00:00", in UTC.
        days: For how many days it is kept.
        bytes: Its size, encrypted.
    """

    name: str
    model: str
    time: str
    days: int
    bytes: int


def list_captures(
    objects: CaptureObjects, tenant: Tenant, now: float, model: str = "", day: str = ""
) -> list[CaptureEntry]:
    """List the captures of a tenant, oldest first. Those whose time is over are left out, deleted or not.

    Args:
        objects: Where captures are.
        tenant: The tenant.
        now: Seconds since the epoch.
        model: Only those of this model; "" for all.
        day: Only those of this day, as YYYY-MM-DD in UTC; "" for all.
    """
    found = []
    for days in DAYS:
        first = find_first_day(days, now)
        for stored, size in objects.list_objects(name_prefix(days, tenant.id, model)):
            name = parse_name(stored)
            if name is not None and name.day >= first and day in ("", name.day):
                time = f"{name.day} {name.time[:2]}:{name.time[2:4]}:{name.time[4:]}"
                found.append(CaptureEntry(stored, name.model, time, days, size))
    return sorted(found, key=lambda entry: (entry.time, entry.name))


def read_capture(objects: CaptureObjects, tenant: Tenant, open_key: OpenKey, name: str, now: float) -> Exchange:
    """Decrypt a capture.

    Args:
        objects: Where captures are.
        tenant: The tenant.
        open_key: Finds the tenant's data key.
        name: The capture's name, as `list_captures` has it.
        now: Seconds since the epoch.

    Returns:
        The request and its answer.

    Raises:
        MeteringError: The tenant has no such capture, or it cannot be decrypted.
    """
    parsed = parse_name(name)
    mine = parsed is not None and parsed.tenant == tenant.id and parsed.days in DAYS
    kept = objects.read(name) if parsed and mine and parsed.day >= find_first_day(parsed.days, now) else None
    if kept is None:
        hint = f"`pilotlight captures --tenant {tenant.name}` lists those there are."
        raise MeteringError(f"capture '{name_of(name)}'", f"is not among those of tenant {tenant.name}", hint)
    if find_consent(tenant.item) is None:
        what = "cannot be read: the tenant's data key was destroyed"
        raise MeteringError(f"capture {name}", what, "Nobody can read it any more.")
    try:
        return read_document(unseal(open_cipher(), open_key(tenant), name, kept))
    except (SealBroken, ValueError) as error:
        what = "cannot be read: it was changed, or encrypted with a data key that was destroyed"
        raise MeteringError(f"capture {name}", what, "Nobody can read it any more.") from error
    except CipherMissing as error:
        raise MeteringError(f"capture {name}", str(error), "Run the command with another Python.") from error


def remove_captures(objects: CaptureObjects, tenant_id: str) -> int:
    """Delete all captures of a tenant, of all models and days, and return how many there were."""
    names = [stored for days in DAYS for stored, _ in objects.list_objects(name_prefix(days, tenant_id))]
    objects.remove(names)
    return len(names)
