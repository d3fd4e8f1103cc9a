"""What the role of a model's function lets an attacker write: it reaches one tenant's item, and nothing beside it."""

from __future__ import annotations

import pytest
from support.metering import Service
from support.templates import read_template

from pilotlight.metering import (
    KeySpec,
    Plan,
    archive_usage,
    create_key,
    create_tenant,
    find_tenant,
    forget_tenant,
    list_tenants,
    list_usage,
    read_audit_trail,
    with_archives,
)

PLAN = Plan("free", {"day": 10})


@pytest.fixture
def writable(request: pytest.FixtureRequest) -> list[str]:
    """The attributes that the role may write."""
    stack = read_template(request.config.rootpath / "infra" / "service.yaml")
    for statement in stack["Resources"]["ModelsPolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        if statement["Action"] == "dynamodb:UpdateItem":
            found: list[str] = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:Attributes"]
            return found
    raise AssertionError("there is no such statement")


@pytest.mark.parametrize("sk", ["audit#2026", "usage#2026-10", "2026-10", "zzz"])
def test_what_it_puts_beside_a_tenants_item_is_read_by_no_command(
    service: Service, writable: list[str], sk: str
) -> None:
    tenant = create_tenant(service.administration, "acme", PLAN).tenant
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    assert service.charge(secret).reason == ""
    trail = list(read_audit_trail(service.table, tenant.id))
    usage = list_usage([with_archives(service.table, find_tenant(service.table, "acme"))])
    names = [name.replace("*", "2026-10#k1#digits") for name in writable if name not in ("pk", "sk")]
    forged = dict.fromkeys(names, 1)
    # Its one call is UpdateItem, which creates an item that is not there.
    assert service.table.create(tenant.id, sk, forged)
    assert list(read_audit_trail(service.table, tenant.id)) == trail
    assert list_usage([with_archives(service.table, find_tenant(service.table, "acme"))]) == usage
    assert [found.id for found in list_tenants(service.table)] == [tenant.id]
    assert archive_usage(service.administration, find_tenant(service.table, "acme")) == []
    assert forget_tenant(service.administration, "acme").entries == 3  # two that had the name, and the deletion


def test_a_tenant_that_it_makes_up_is_in_no_list(service: Service) -> None:
    create_tenant(service.administration, "acme", PLAN)
    forged = {"schema": 1, "state": "active", "keys": {}, "day_left": 10**9, "month_left": 10**9}
    assert service.table.create("Forged00", "state", forged)
    assert [tenant.name for tenant in list_tenants(service.table)] == ["acme"]
