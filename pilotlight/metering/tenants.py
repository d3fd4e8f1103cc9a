"""Tenants: created, listed, suspended, resumed and deleted."""

from __future__ import annotations

import difflib
from typing import NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import join_names, name_of
from pilotlight.core.table_update import Item, Path, Update
from pilotlight.metering.administration import Administration, draw_word, record_action
from pilotlight.metering.plans import Plan
from pilotlight.metering.table import Table, is_applied
from pilotlight.metering.tenant_item import (
    ACTIVE,
    DELETED,
    LABEL_PREFIX,
    NAMES,
    SCHEMA,
    STATE,
    SUSPENDED,
    Tenant,
    check_name,
    is_name,
    read_tenant,
)
from pilotlight_runtime.metering.windows import WINDOWS


class CreatedTenant(NamedTuple):
    """A tenant, and whether this call created it."""

    tenant: Tenant
    created: bool


def create_tenant(administration: Administration, name: str, plan: Plan) -> CreatedTenant:
    """Create a tenant, or find it where it exists with the same plan.

    The name is taken first, with a new id. Where a call stops between the two writes, or two are made at once, each
    later one finds the id and finishes the same tenant.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        plan: Its plan.

    Raises:
        MeteringError: The name is not valid, or is that of a tenant with another plan or of a deleted one.
    """
    table = administration.table
    check_name("tenant", name)
    table.create(NAMES, name, {"id": draw_word()})
    tenant_id = _find_id(table, name)
    if tenant_id is None:
        raise MeteringError(table.location, f"the name of tenant {name} was not written", "Run the command again.")
    found = table.read(tenant_id, STATE)
    created = False
    if found is None:
        record_action(administration, tenant_id, "tenants create", name=name, plan=plan.name)
        created = table.create(tenant_id, STATE, _build_item(administration, name, plan))
    tenant = find_tenant(table, name)
    if tenant.state == DELETED:
        raise MeteringError(f"tenant {name}", "was deleted, and its invoices keep the name", "Choose another name.")
    if tenant.plan != plan.name:
        hint = f"To change it, run `pilotlight plans assign {plan.name} --tenant {name}`."
        raise MeteringError(f"tenant {name}", f"exists already, with the plan {tenant.plan}", hint)
    return CreatedTenant(tenant, created)


def find_tenant(table: Table, name: str) -> Tenant:
    """Return the tenant of a name.

    Raises:
        MeteringError: There is none, or its item cannot be read.
    """
    tenant_id = _find_id(table, name) if is_name(name) else None
    item = None if tenant_id is None else table.read(tenant_id, STATE)
    if tenant_id is None or item is None:
        names = [known for known, _ in table.list_items(NAMES)]
        similar = difflib.get_close_matches(name[:100], names, n=1)
        hint = f"Did you mean {similar[0]}?" if similar else f"There: {join_names(names) or 'none yet'}."
        raise MeteringError(f"tenant '{name_of(name)}'", f"is not in {table.location}", hint)
    return read_tenant(tenant_id, item, table.location)


def list_tenants(table: Table) -> list[Tenant]:
    """Return every tenant by name, the deleted ones too.

    Raises:
        MeteringError: The table cannot be read, or is of another schema.
    """
    found = []
    for _, entry in table.list_items(NAMES):
        item = table.read(entry["id"], STATE)
        if item is not None:  # a call that stopped between the two writes of a tenant
            found.append(read_tenant(entry["id"], item, table.location))
    return found


def set_state(administration: Administration, name: str, state: str) -> Tenant:
    """Suspend, resume or delete a tenant. What is so already stays so.

    A suspended tenant's keys are refused from the next answer on. A deleted tenant has no keys any more; its counters
    and its audit trail stay, for its invoices.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        state: ACTIVE, SUSPENDED or DELETED.

    Returns:
        The tenant as it is afterwards.

    Raises:
        MeteringError: There is no such tenant, it is deleted, or somebody else changed it at the same time.
    """
    table = administration.table
    tenant = find_tenant(table, name)
    if tenant.state == state:
        return _drop_labels(table, tenant)
    if tenant.state == DELETED:
        raise MeteringError(f"tenant {name}", "is deleted, and stays so", "Create one with another name.")
    verb = {ACTIVE: "resume", SUSPENDED: "suspend", DELETED: "delete"}[state]
    record_action(administration, tenant.id, f"tenants {verb}", name=name)
    fields: dict[Path, object] = {(STATE,): state}
    if state == DELETED:
        fields[("keys",)] = {}
    removed = _list_labels(tenant) if state == DELETED else []
    change = Update(fields, {}, removed, expect={("schema",): SCHEMA, (STATE,): tenant.state})
    make_change(table, tenant.id, change, f"tenant {name}")
    return _drop_labels(table, find_tenant(table, name))


def make_change(table: Table, pk: str, change: Update, where: str, sk: str = STATE) -> None:
    """Make a change of a tenant's item.

    The AWS client repeats a request whose reply was lost. The repeated one finds other values than it expects, because
    the first one was done. So a change that is refused counts as made where the item has what it sets.

    Args:
        table: The service's table.
        pk: The partition key of the item, which is the tenant's id except for archived months.
        change: The change; it adds nothing.
        where: What is changed, for the message.
        sk: The sort key of the item.

    Raises:
        MeteringError: Somebody else changed the item at the same time.
    """
    if table.update(pk, sk, change):
        return
    item = table.read(pk, sk)
    if item is None or not is_applied(item, change):
        raise build_conflict(where)


def _list_labels(tenant: Tenant) -> list[Path]:
    return [(field,) for field in tenant.item if field.startswith(LABEL_PREFIX)]


def _drop_labels(table: Table, tenant: Tenant) -> Tenant:
    """Remove the label of a key that was created just before its tenant was deleted. No later one can be created."""
    labels = _list_labels(tenant) if tenant.state == DELETED else []
    if not labels:
        return tenant
    make_change(table, tenant.id, Update(remove=labels, expect={("schema",): SCHEMA}), f"tenant {tenant.name}")
    return find_tenant(table, tenant.name)


def build_conflict(where: str) -> MeteringError:
    """Return the error for a change that another one came before."""
    return MeteringError(
        where, "was changed by somebody else at the same time, so nothing was done", "Look at it and run it again."
    )


def _find_id(table: Table, name: str) -> str | None:
    entry = table.read(NAMES, name)
    return None if entry is None else str(entry["id"])


def _build_item(administration: Administration, name: str, plan: Plan) -> Item:
    day = administration.today()
    item: Item = {
        "schema": SCHEMA,
        "name": name,
        "state": ACTIVE,
        "plan": plan.name,
        "created": administration.seconds(),
        "keys": {},
        "day": day,
        "month": day[:7],
    }
    for window in WINDOWS:
        limit = plan.limits.get(window)
        item[f"{window}_left"] = limit or 0  # without a limit it counts down from 0
        if limit is not None:
            item[f"{window}_limit"] = limit
    return item
