"""infra/service.yaml: the table, what a function may do in it, and the alerts of quotas."""

import fnmatch
from typing import Any, NamedTuple

import pytest
from support.templates import Resources, Template, of_type, read_template

TENANT = "Ab3dE6gH"
OF_A_CHARGE = (
    *("pk", "sk", "schema", "state", "keys", "day", "day_left", "day_limit", "month", "month_left", "month_limit"),
    *("u#2026-11#k1#digits#requests", "m#2026-11#k1#digits"),
)
"""What an update of a charge names: it compares some of them and changes others."""


class Call(NamedTuple):
    """A call of DynamoDB as IAM sees it.

    Attributes:
        action: The action.
        keys: The values of the partition key.
        attributes: The attributes that the parameters name, those of the key included; empty for a whole item.
    """

    action: str
    keys: tuple[str, ...] = (TENANT,)
    attributes: tuple[str, ...] = ()


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "service.yaml")


@pytest.fixture
def resources(stack: Template) -> Resources:
    found: Resources = stack["Resources"]
    return found


def allows(policy: dict[str, Any], call: Call) -> bool:
    """Whether a policy of this stack allows a call. Without values for a key, ForAllValues holds (IAM User Guide)."""
    seen = {"dynamodb:LeadingKeys": call.keys, "dynamodb:Attributes": call.attributes}
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        assert (statement["Effect"], set(statement["Condition"])) == ("Allow", {"ForAllValues:StringLike"})
        conditions = statement["Condition"]["ForAllValues:StringLike"]
        if statement["Action"] == call.action and all(
            any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)
            for name, patterns in conditions.items()
            for value in seen[name]
        ):
            return True
    return False


@pytest.mark.parametrize(
    "call",
    [
        Call("dynamodb:GetItem"),
        Call("dynamodb:UpdateItem", attributes=OF_A_CHARGE),
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "schema", "day", "day_left", "m#2026-12#k#a-model")),
    ],
)
def test_a_model_may_read_a_tenant_and_take_a_charge(resources: Resources, call: Call) -> None:
    assert allows(resources["ModelsPolicy"], call)


@pytest.mark.parametrize(
    "call",
    [
        Call("dynamodb:GetItem", ("names",)),
        Call("dynamodb:GetItem", ("names-by-id",)),
        Call("dynamodb:UpdateItem", ("names",), ("pk", "sk", "state")),
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "plan")),
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "name")),
        Call("dynamodb:UpdateItem", attributes=(*OF_A_CHARGE, "who")),  # an entry of the audit
        *(
            Call(f"dynamodb:{action}")
            for action in ("PutItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "PartiQLSelect")
        ),
        *(Call(f"dynamodb:{action}") for action in ("DeleteTable", "UpdateTable", "UpdateContinuousBackups")),
    ],
)
def test_a_model_may_do_nothing_else(resources: Resources, call: Call) -> None:
    assert not allows(resources["ModelsPolicy"], call)


def test_the_catalog_reads_and_changes_nothing(resources: Resources) -> None:
    assert allows(resources["CatalogPolicy"], Call("dynamodb:GetItem"))
    assert not allows(resources["CatalogPolicy"], Call("dynamodb:GetItem", ("names",)))
    assert not allows(resources["CatalogPolicy"], Call("dynamodb:UpdateItem", attributes=OF_A_CHARGE))


def test_each_policy_is_for_this_table_alone(resources: Resources) -> None:
    policies = of_type(resources, "AWS::IAM::Policy")
    assert {name: it["Properties"]["Roles"] for name, it in policies.items()} == {
        "ModelsPolicy": [{"Ref": "ModelsRole"}],
        "CatalogPolicy": [{"Ref": "CatalogRole"}],
    }
    for policy in policies.values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}


def test_the_table_is_billed_by_use_and_hard_to_lose(resources: Resources) -> None:
    table = resources["Table"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert [(it["AttributeName"], it["KeyType"]) for it in properties["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert {it["AttributeType"] for it in properties["AttributeDefinitions"]} == {"S"}


def test_every_alarm_goes_to_the_topic_and_watches_this_table_or_the_alerts(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    assert set(alarms) == {"TableThrottled", "TableFailed", "NotifierFailed"}
    for alarm in alarms.values():
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": "AlarmTopic"}]
        assert (properties["Threshold"], properties["TreatMissingData"]) == (0, "notBreaching")
        metrics = [it["MetricStat"]["Metric"] for it in properties.get("Metrics", []) if "MetricStat" in it]
        names = [it["Name"] for it in properties.get("Dimensions", [])]
        assert metrics or names == ["FunctionName"]
        for metric in metrics:
            assert metric["Namespace"] == "AWS/DynamoDB"
            assert metric["Dimensions"][0] == {"Name": "TableName", "Value": {"Ref": "Table"}}
