"""What the policy of infra/service.yaml lets an administrator do is what the tool does, on this table alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.iam import Call, is_allowed, see_call
from support.metering import NOON, REGION, TABLE, Service, create_dynamo_table
from support.templates import Template, read_template

from pilotlight.aws import DynamoTable
from pilotlight.metering import (
    SUSPENDED,
    KeySpec,
    Plan,
    apply_plans,
    archive_usage,
    create_key,
    create_tenant,
    credit,
    find_differences,
    find_tenant,
    forget_tenant,
    list_tenants,
    read_audit_trail,
    revoke_key,
    rotate_key,
    set_state,
    with_archives,
)

ARN = {
    "Fn::If": [
        "NewTable",
        {"Fn::GetAtt": ["Table", "Arn"]},
        {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}"},
    ]
}
"""The table that the stack makes, or the one that it goes on with."""
TENANT = "Ab3dE6gH"
PLAN = Plan("free", {"day": 10, "month": 100})


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "service.yaml")


@pytest.fixture
def statements(stack: Template) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack["Resources"]["Administration"]["Properties"]["PolicyDocument"]["Statement"]
    return found


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """The calls of the tool, as IAM sees them: each command that changes the table, and those that list."""
    monkeypatch.setenv("AWS_REGION", REGION)
    found: list[Call] = []
    with mock_aws():
        create_dynamo_table()
        client = boto3.client("dynamodb", region_name=REGION)
        client.meta.events.register(
            "provide-client-params.dynamodb", lambda params, model, **_: found.append(see_call(model.name, params))
        )
        service = Service(DynamoTable(client, TABLE), now=datetime(2026, 10, 5, tzinfo=UTC))
        _administer(service)
    return found


def _administer(service: Service) -> None:
    administration = service.administration
    tenant = create_tenant(administration, "acme", PLAN).tenant
    issued = create_key(administration, "acme", KeySpec("web"))
    assert service.charge(issued.secret).reason == ""
    service.now = NOON
    tenant = find_tenant(service.table, "acme")
    assert archive_usage(service.administration, tenant) == ["2026-10"]
    tenant = with_archives(service.table, find_tenant(service.table, "acme"))
    assert credit(service.administration, [tenant], find_differences([tenant], [], "2026-10"))
    rotate_key(service.administration, "acme", "web", 60)
    revoke_key(service.administration, "acme", "web")
    apply_plans(service.administration, {"free": Plan("free", {"day": 20})})
    set_state(service.administration, "acme", SUSPENDED)
    assert list_tenants(service.table)
    assert list(read_audit_trail(service.table, tenant.id))
    assert forget_tenant(service.administration, "acme").entries


def test_it_allows_what_the_tool_sends(statements: list[dict[str, Any]], calls: list[Call]) -> None:
    assert {call.action.partition(":")[2] for call in calls} == {
        *("GetItem", "PutItem", "Query", "UpdateItem", "DeleteItem"),
    }
    assert {call.keys[0].partition("#")[0] for call in calls} >= {"names", "audit", "usage"}
    for call in calls:
        assert is_allowed(statements, call, ARN), call


def test_the_trail_and_the_counters_cannot_be_deleted_nor_who_did_what_be_changed(
    statements: list[dict[str, Any]], calls: list[Call]
) -> None:
    trail = f"audit#{TENANT}"
    assert ("dynamodb:UpdateItem", ("pk", "sk", "detail")) in {(call.action, call.attributes) for call in calls}
    refused = [
        *(Call("dynamodb:DeleteItem", (partition,)) for partition in (trail, TENANT, f"usage#{TENANT}", "")),
        Call("dynamodb:DeleteItem"),
        *(Call("dynamodb:UpdateItem", (trail,), ("pk", "sk", field)) for field in ("time", "who", "action")),
        Call("dynamodb:UpdateItem", (trail,), ("pk", "sk", "detail", "who")),
        *(Call(f"dynamodb:{action}", (trail,)) for action in ("BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")),
        *(Call(f"dynamodb:{action}") for action in ("DeleteTable", "UpdateTable", "UpdateTimeToLive", "Scan")),
        *(Call(f"dynamodb:{action}") for action in ("UpdateContinuousBackups", "DeleteBackup", "PutResourcePolicy")),
    ]
    assert not [call for call in refused if is_allowed(statements, call, ARN)]


def test_a_whole_entry_can_be_put_over_another_as_security_says(statements: list[dict[str, Any]]) -> None:
    """IAM can't ask for a condition of the call, such as attribute_not_exists."""
    entry = ("action", "detail", "pk", "sk", "time", "who")
    assert is_allowed(statements, Call("dynamodb:PutItem", (f"audit#{TENANT}",), entry), ARN)


def test_every_statement_is_for_this_table_alone(statements: list[dict[str, Any]]) -> None:
    of_tables = [it for it in statements if "dynamodb:" in str(it["Action"])]
    assert {str(it["Resource"]) for it in of_tables} == {str(ARN)}
