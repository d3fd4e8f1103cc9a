"""infra/service.yaml: the table, what a function may do in it, and the alerts of quotas."""

import fnmatch
import re
from typing import Any, NamedTuple

import pytest
from support.templates import Resources, Template, of_type, read_template

from pilotlight_runtime.metering.charge import Amount, Charge, Reservation
from pilotlight_runtime.metering.expressions import write_charge, write_read, write_settlement

TENANT = "Ab3dE6gH"
LABELS = {"day": "2026-11-26", "month": "2026-11"}
CHARGE = Charge(
    TENANT, "5" * 64, "k1", "a-model", Amount({"requests": 1, "tokens_in": 7}, 8, 900), 1_795_000_000, LABELS
)


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


def as_seen(action: str, parameters: dict[str, Any]) -> Call:
    """What IAM sees of the parameters: the key, and the attributes that expressions name at the top of the item.

    Source: Amazon DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control".
    """
    names = parameters.get("ExpressionAttributeNames", {})
    texts = [parameters.get(f"{kind}Expression", "") for kind in ("Update", "Condition", "Projection")]
    top = {names[match] for text in texts for match in re.findall(r"(?<![.\w])#\w+", text)}
    key = parameters["Key"]
    return Call(f"dynamodb:{action}", (key["pk"]["S"],), (*key, *sorted(top)) if top else ())


UPDATES = {
    "a charge": write_charge("t", CHARGE, ()),
    "the first charge of a day": write_charge("t", CHARGE, ("day",)),
    "the first charge of a month": write_charge("t", CHARGE, ("day", "month")),
    "a settlement": write_settlement("t", Reservation(CHARGE, LABELS), Amount({"requests": 1}, 1, 3), ("day", "month")),
}
OF_A_CHARGE = as_seen("UpdateItem", UPDATES["the first charge of a month"]).attributes


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


@pytest.mark.parametrize("name", UPDATES)
def test_a_model_may_send_what_the_runtime_sends(resources: Resources, name: str) -> None:
    parameters = UPDATES[name]
    assert parameters is not None
    seen = as_seen("UpdateItem", parameters)
    assert {"pk", "sk", "schema", "u#2026-11#k1#a-model#tokens_in", "m#2026-11#k1#a-model"} <= set(seen.attributes)
    assert allows(resources["ModelsPolicy"], seen)
    assert allows(resources["ModelsPolicy"], as_seen("GetItem", write_read("t", TENANT)))


@pytest.mark.parametrize(
    "call",
    [
        Call("dynamodb:GetItem", ("names",)),
        Call("dynamodb:GetItem", ("names-by-id",)),
        Call("dynamodb:UpdateItem", ("names",), ("pk", "sk", "state")),
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "plan")),
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "name")),
        Call("dynamodb:UpdateItem", attributes=(*OF_A_CHARGE, "who")),  # an entry of the audit
        Call("dynamodb:UpdateItem", attributes=("pk", "sk", "counters")),  # the counters of a month that is over
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
