"""A tenant that is forgotten: nothing in the table has its name or a label, and its counters stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.metering import Service

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Update
from pilotlight.metering import (
    DELETED,
    Administration,
    KeySpec,
    Plan,
    create_key,
    create_tenant,
    find_tenant,
    forget_tenant,
    list_tenants,
    list_usage,
    read_audit_trail,
    with_archives,
)
from pilotlight.metering.table import Table

NAME, LABEL, OTHER = "kanarienvogel", "gelbes-telefon", "acme"
PLAN = Plan("free", {"day": 10, "month": 100})


class Stopped(Exception):
    """The process ends here."""


class StoppingTable:
    """A table that ends the process before one of its writes. before: how many writes are made first."""

    def __init__(self, table: Table, before: int) -> None:
        self._table = table
        self._left = before
        self.location = table.location

    def read(self, pk: str, sk: str) -> Item | None:
        return self._table.read(pk, sk)

    def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
        return self._table.list_items(pk, prefix)

    def create(self, pk: str, sk: str, item: Item) -> bool:
        self._count()
        return self._table.create(pk, sk, item)

    def update(self, pk: str, sk: str, change: Update) -> bool:
        self._count()
        return self._table.update(pk, sk, change)

    def remove(self, pk: str, sk: str) -> None:
        self._count()
        self._table.remove(pk, sk)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Stopped


@pytest.fixture
def used(service: Service) -> Service:
    """Two tenants, one of which has a key with a label, and has used it."""
    create_tenant(service.administration, OTHER, PLAN)
    create_tenant(service.administration, NAME, PLAN)
    issued = create_key(service.administration, NAME, KeySpec(LABEL))
    assert issued.secret is not None
    assert service.charge(issued.secret).reason == ""
    return service


def written(service: Service, tenant_id: str) -> str:
    """All that the table has of names and of a tenant."""
    partitions = ("names", tenant_id, f"audit#{tenant_id}", f"usage#{tenant_id}")
    items: list[Any] = [item for partition in partitions for item in service.table.list_items(partition)]
    return json.dumps(items)


def test_nothing_has_the_name_or_a_label_and_the_counters_stay(used: Service) -> None:
    before = find_tenant(used.table, NAME)
    counted = [(row.month, row.model, row.unit, row.value) for row in list_usage([before])]
    assert counted
    assert [word for word in (NAME, LABEL) if word in written(used, before.id)] == [NAME, LABEL]
    found = forget_tenant(used.administration, NAME)
    left = written(used, before.id)
    assert NAME not in left
    assert LABEL not in left
    tenant = with_archives(used.table, find_tenant(used.table, found.pseudonym))
    assert {(row.tenant, row.label) for row in list_usage([tenant])} == {(found.pseudonym, "")}
    assert (tenant.id, tenant.state, tenant.keys) == (before.id, DELETED, ())
    assert [(row.month, row.model, row.unit, row.value) for row in list_usage([tenant])] == counted
    trail = list(read_audit_trail(used.table, before.id))
    # All of it happened at the same moment.
    assert {entry.action for entry in trail} == {"tenants create", "keys create", "forget", "tenants delete"}
    assert {entry.who for entry in trail} == {used.who}
    assert found.entries == 3
    with pytest.raises(MeteringError, match="is not in"):
        find_tenant(used.table, NAME)
    assert OTHER in {tenant.name for tenant in list_tenants(used.table)}


@pytest.mark.parametrize("writes", range(9))
def test_a_call_that_stopped_is_finished_by_the_next(used: Service, writes: int) -> None:
    tenant_id = find_tenant(used.table, NAME).id
    administration = Administration(StoppingTable(used.table, writes), lambda: used.who, lambda: used.now)
    with pytest.raises(Stopped):
        forget_tenant(administration, NAME)
    pseudonym = forget_tenant(used.administration, NAME).pseudonym
    assert NAME not in written(used, tenant_id)
    assert LABEL not in written(used, tenant_id)
    assert find_tenant(used.table, pseudonym).id == tenant_id


def test_a_pseudonym_is_not_forgotten_again(used: Service) -> None:
    pseudonym = forget_tenant(used.administration, NAME).pseudonym
    before = written(used, find_tenant(used.table, pseudonym).id)
    assert forget_tenant(used.administration, pseudonym) == (pseudonym, 0, 0)
    assert written(used, find_tenant(used.table, pseudonym).id) == before


def test_its_name_can_be_taken_by_somebody_else(used: Service) -> None:
    tenant_id = find_tenant(used.table, NAME).id
    forget_tenant(used.administration, NAME)
    assert create_tenant(used.administration, NAME, PLAN).created
    assert find_tenant(used.table, NAME).id != tenant_id


def test_a_tenant_that_is_not_there_is_named(service: Service) -> None:
    with pytest.raises(MeteringError, match="tenant 'nobody': is not in"):
        forget_tenant(service.administration, "nobody")
