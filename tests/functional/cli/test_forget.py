"""`pilotlight forget`, on a file and on DynamoDB as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from support.metering import REGION, TABLE, create_dynamo_table
from support.service_desk import ServiceDesk


@pytest.fixture(params=["sqlite", "dynamodb"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceDesk]:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "plans.toml").write_text("[plans.free]\nday = 10\n")
    if request.param == "sqlite":
        yield ServiceDesk(tmp_path, "sqlite:service.sqlite")
        return
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        create_dynamo_table()
        yield ServiceDesk(tmp_path, TABLE)


def test_a_tenant_is_forgotten_and_what_remains_is_said(desk: ServiceDesk) -> None:
    assert desk("tenants", "create", "acme", "--plan", "free").code == 0
    ran = desk("forget", "--tenant", "acme", "--yes")
    assert ran.code == 0, ran.err
    (tenant,) = desk("tenants", "list", "--json").json["tenants"]
    assert (tenant["tenant"][:10], tenant["state"]) == ("forgotten-", "deleted")
    assert f"acme is now {tenant['tenant']}" in ran.out
    assert "Invoices that were written have the name" in ran.out
    # 35 days after 26 November. A file has no history.
    assert ("until 2026-12-31" in ran.out) is (desk.table == TABLE)


def test_the_json_says_the_same(desk: ServiceDesk) -> None:
    desk("tenants", "create", "acme", "--plan", "free")
    found = desk("forget", "--tenant", "acme", "--yes", "--json").json
    until = "2026-12-31" if desk.table == TABLE else ""
    assert found == {"pseudonym": found["pseudonym"], "entries": 2, "captures": 0, "recoverable_until": until}


def test_an_unknown_tenant_is_an_error(desk: ServiceDesk) -> None:
    ran = desk("forget", "--tenant", "nobody", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert "tenant 'nobody'" in ran.err
