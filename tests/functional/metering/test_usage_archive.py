"""Counters of months that are over, moved out of the tenants' items on both tables."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from support.metering import Service, sqlite_service

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Update
from pilotlight.metering import (
    KeySpec,
    Plan,
    UsageRow,
    archive_usage,
    create_key,
    create_tenant,
    find_tenant,
    list_usage,
    read_audit_trail,
    with_archives,
)
from pilotlight_runtime.metering.store import StoreFailed


@pytest.fixture
def secret(service: Service) -> str:
    service.now = datetime(2026, 10, 5, tzinfo=UTC)
    create_tenant(service.administration, "acme", Plan("free", {}))
    return create_key(service.administration, "acme", KeySpec("web")).secret


def use(service: Service, secret: str) -> None:
    for month in (10, 11, 12):
        service.now = datetime(2026, month, 5, tzinfo=UTC)
        for model in ("digits", "wine"):
            assert service.charge(secret, model, rows=month).reason == ""


def rows(service: Service) -> list[UsageRow]:
    return sorted(list_usage([with_archives(service.table, find_tenant(service.table, "acme"))]))


def test_past_months_are_moved_and_usage_stays(service: Service, secret: str) -> None:
    use(service, secret)
    before, size = rows(service), len(find_tenant(service.table, "acme").item)
    assert archive_usage(service.administration, find_tenant(service.table, "acme")) == ["2026-10", "2026-11"]
    tenant = find_tenant(service.table, "acme")
    assert len(tenant.item) == size - 8
    assert {row.month for row in list_usage([tenant])} == {"2026-12"}
    assert rows(service) == before
    assert archive_usage(service.administration, tenant) == []
    assert service.charge(secret, rows=1).reason == ""
    assert len(rows(service)) == len(before)
    actions = [entry.action for entry in read_audit_trail(service.table, tenant.id)]
    assert actions.count("usage archive") == 2


def test_a_month_is_moved_from_a_day_after_its_end_on(service: Service, secret: str) -> None:
    assert service.charge(secret).reason == ""
    tenant = find_tenant(service.table, "acme")
    service.now = datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)
    assert archive_usage(service.administration, tenant) == []
    service.now = datetime(2026, 11, 2, tzinfo=UTC)
    assert archive_usage(service.administration, tenant) == ["2026-10"]


def test_a_month_is_moved_while_the_next_one_is_charged(tmp_path: Path) -> None:
    """On SQLite, which is atomic between threads, as DynamoDB is; moto is not."""
    service = sqlite_service(tmp_path)
    service.now = datetime(2026, 10, 5, tzinfo=UTC)
    create_tenant(service.administration, "acme", Plan("free", {}))
    secrets = [create_key(service.administration, "acme", KeySpec(f"k{number}")).secret for number in range(70)]
    for each in secrets:
        assert service.charge(each).reason == ""
    service.now = datetime(2026, 11, 2, tzinfo=UTC)
    answered: list[str] = []

    def charge_often() -> None:
        for _ in range(30):
            with contextlib.suppress(StoreFailed):  # on a busy machine it may wait too long for the file
                answered.append(service.charge(secrets[0]).reason)

    thread = Thread(target=charge_often)
    thread.start()
    moved = archive_usage(service.administration, find_tenant(service.table, "acme"))
    thread.join()
    assert moved == ["2026-10"]
    assert set(answered) == {""}
    found = {(row.month, row.unit): 0 for row in rows(service)}
    for row in rows(service):
        found[row.month, row.unit] += row.value
    assert found == {("2026-10", "requests"): 70, ("2026-11", "requests"): len(answered)}
    assert {row.month for row in list_usage([find_tenant(service.table, "acme")])} == {"2026-11"}


def test_a_move_that_stopped_in_between_is_finished(service: Service, secret: str) -> None:
    use(service, secret)
    before = rows(service)
    tenant = find_tenant(service.table, "acme")
    archive_usage(service.administration, tenant)
    moved = {name: value for name, value in tenant.item.items() if "#2026-10#" in name}
    assert service.table.update(tenant.id, "state", Update(set={(name,): value for name, value in moved.items()}))
    assert rows(service) == before
    assert archive_usage(service.administration, find_tenant(service.table, "acme")) == ["2026-10"]
    assert rows(service) == before


def test_counters_that_differ_in_both_places_are_refused(service: Service, secret: str) -> None:
    use(service, secret)
    tenant = find_tenant(service.table, "acme")
    archive_usage(service.administration, tenant)
    name = next(name for name in tenant.item if "#2026-10#" in name)
    assert service.table.update(tenant.id, "state", Update(add={(name,): 1_000}))
    for act in (
        lambda: rows(service),
        lambda: archive_usage(service.administration, find_tenant(service.table, "acme")),
    ):
        with pytest.raises(MeteringError, match="has counters in the tenant's item and in the archive that differ"):
            act()


def test_many_counters_are_moved_in_parts(service: Service) -> None:
    service.now = datetime(2026, 10, 5, tzinfo=UTC)
    tenant = create_tenant(service.administration, "acme", Plan("free", {})).tenant
    for begin in range(0, 200, 50):
        fields = {(f"u#2026-10#{number:08}#digits#requests",): number for number in range(begin, begin + 50)}
        assert service.table.update(tenant.id, "state", Update(set=fields))
    service.now = datetime(2026, 12, 5, tzinfo=UTC)
    assert archive_usage(service.administration, find_tenant(service.table, "acme")) == ["2026-10"]
    assert sum(row.value for row in rows(service)) == sum(range(200))
    assert list_usage([find_tenant(service.table, "acme")]) == []
