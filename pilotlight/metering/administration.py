"""What every change to tenants, keys and plans needs: the table, who changes it, the time, and chance."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pilotlight.core.clock import Clock
from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item
from pilotlight.metering.table import Table
from pilotlight_runtime.metering.keys import make_word

_AUDIT: Final = "audit#"
"""Begins the partition of a tenant's audit trail. IAM tells partitions apart, and so keeps functions out of it."""
_WORD_LENGTH: Final = 8


class Administration(NamedTuple):
    """The collaborators of a change.

    Attributes:
        table: The service's table.
        who: Returns who runs the command: an IAM identity, or a user of this machine.
        clock: The time of day.
    """

    table: Table
    who: Callable[[], str]
    clock: Clock

    def seconds(self) -> int:
        """Return the time in whole seconds since the epoch."""
        return int(self.clock().timestamp())

    def today(self) -> str:
        """Return the day in UTC, as YYYY-MM-DD."""
        return self.clock().astimezone(UTC).date().isoformat()


class AuditEntry(NamedTuple):
    """Who did what.

    Attributes:
        time: In UTC, with microseconds.
        who: The IAM identity, or user@host.
        action: Such as "keys revoke".
        detail: What was changed; never a secret.
    """

    time: str
    who: str
    action: str
    detail: Item


def record_action(administration: Administration, tenant_id: str, action: str, **detail: Any) -> None:
    """Add an entry to a tenant's audit trail.

    It is written before the change that it names, so that no change is without an entry. Entries are only ever added.

    Args:
        administration: The table, who changes it, and the time.
        tenant_id: The tenant.
        action: The command.
        **detail: What is changed; no secret.
    """
    moment = administration.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    entry = {"time": moment, "who": administration.who(), "action": action, "detail": _drop_missing(detail)}
    table, pk, sk = administration.table, name_audit_partition(tenant_id), f"{moment}#{draw_word()}"
    # A request that the AWS client repeats, because its reply was lost, finds its own entry.
    if not table.create(pk, sk, entry) and table.read(pk, sk) != entry:
        raise MeteringError(
            administration.table.location, "the audit trail has this entry already", "Run the command again."
        )


def read_audit_trail(table: Table, tenant_id: str) -> Iterator[AuditEntry]:
    """Yield a tenant's audit trail, oldest first."""
    for _, item in table.list_items(name_audit_partition(tenant_id)):
        yield AuditEntry(item["time"], item["who"], item["action"], item["detail"])


def name_audit_partition(tenant_id: str) -> str:
    """Return the partition key of a tenant's audit trail."""
    return f"{_AUDIT}{tenant_id}"


def draw_word() -> str:
    """Return 8 random letters and digits: the id of a tenant or a key."""
    return make_word(_WORD_LENGTH, os.urandom)


def to_moment(seconds: int) -> datetime:
    """Return seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _drop_missing(detail: Item) -> Item:
    return {name: value for name, value in detail.items() if value is not None}
