"""What the policy of infra/service.yaml lets an administrator do is what the tool does, on this table alone."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.metering import REGION, TABLE, Service, create_dynamo_table
from support.templates import Template, read_template

from pilotlight.aws import DynamoTable
from pilotlight.metering import (
    SUSPENDED,
    KeySpec,
    Plan,
    apply_plans,
    create_key,
    create_tenant,
    forget_tenant,
    list_tenants,
    read_audit_trail,
    revoke_key,
    rotate_key,
    set_state,
)

PLAN = Plan("free", {"day": 10, "month": 100})


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "service.yaml")


def seen_calls(client: Any) -> list[tuple[str, str]]:
    """The operations of a client from now on, each with the partition that it names."""
    calls: list[tuple[str, str]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        found = (
            params.get("Key") or params.get("Item") or {"pk": params.get("ExpressionAttributeValues", {}).get(":pk")}
        )
        calls.append((model.name, found["pk"]["S"]))

    client.meta.events.register("provide-client-params.dynamodb", note)
    return calls


def statements(stack: Template) -> dict[str, dict[str, Any]]:
    """The statement of each action of DynamoDB."""
    policy = stack["Resources"]["Administration"]["Properties"]["PolicyDocument"]["Statement"]
    listed = [(it["Action"] if isinstance(it["Action"], list) else [it["Action"]], it) for it in policy]
    return {action: it for actions, it in listed for action in actions if action.startswith("dynamodb:")}


def test_the_policy_has_just_what_the_tool_sends(stack: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        create_dynamo_table()
        client = boto3.client("dynamodb", region_name=REGION)
        calls = seen_calls(client)
        service = Service(DynamoTable(client, TABLE))
        administration = service.administration
        tenant = create_tenant(administration, "acme", PLAN).tenant
        create_key(administration, "acme", KeySpec("web"))
        rotate_key(administration, "acme", "web", 60)
        revoke_key(administration, "acme", "web")
        apply_plans(administration, {"free": Plan("free", {"day": 20})})
        set_state(administration, "acme", SUSPENDED)
        assert list_tenants(service.table)
        assert list(read_audit_trail(service.table, tenant.id))
        forget_tenant(administration, "acme")
    allowed = statements(stack)
    assert {f"dynamodb:{operation}" for operation, _ in calls} == set(allowed)
    deleted = {partition for operation, partition in calls if operation == "DeleteItem"}
    condition = allowed["dynamodb:DeleteItem"]["Condition"]
    assert condition == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": sorted(deleted)}}
    assert {str(it["Resource"]) for it in allowed.values()} == {str({"Fn::GetAtt": ["Table", "Arn"]})}
