"""infra/service.yaml: the table, what a function may do in it, and the alerts of quotas."""

import pytest
from support.iam import Call, is_allowed, see_call
from support.templates import Resources, Template, of_type, read_template

from pilotlight_runtime.metering.captures.data_keys import CONSENT
from pilotlight_runtime.metering.charge import Amount, Charge, Reservation
from pilotlight_runtime.metering.expressions import write_charge, write_read, write_settlement

ARN = {
    "Fn::If": [
        "NewTable",
        {"Fn::GetAtt": ["Table", "Arn"]},
        {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}"},
    ]
}
"""The table that the stack makes, or the one that it goes on with."""
TENANT = "Ab3dE6gH"
LABELS = {"day": "2026-11-26", "month": "2026-11"}
CHARGE = Charge(
    TENANT, "5" * 64, "k1", "a-model", Amount({"requests": 1, "tokens_in": 7}, 8, 900), 1_795_000_000, LABELS
)


UPDATES = {
    "a charge": write_charge("t", CHARGE, ()),
    "the first charge of a day": write_charge("t", CHARGE, ("day",)),
    "the first charge of a month": write_charge("t", CHARGE, ("day", "month")),
    "a settlement": write_settlement("t", Reservation(CHARGE, LABELS), Amount({"requests": 1}, 1, 3), ("day", "month")),
}
OF_A_CHARGE = see_call("UpdateItem", UPDATES["the first charge of a month"]).attributes
READ, UPDATE = "dynamodb:GetItem", "dynamodb:UpdateItem"
OTHER_PARTITIONS = ("names", f"audit#{TENANT}", f"usage#{TENANT}", "", "Ab3dE6g", "Ab3dE6gHi")


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "service.yaml")


@pytest.fixture
def resources(stack: Template) -> Resources:
    found: Resources = stack["Resources"]
    return found


def allows(resources: Resources, policy: str, call: Call) -> bool:
    """Whether a policy of this stack allows a call of its table. The rest of the role has nothing of DynamoDB."""
    return is_allowed(resources[policy]["Properties"]["PolicyDocument"]["Statement"], call, ARN)


@pytest.mark.parametrize("name", UPDATES)
def test_a_model_may_send_what_the_runtime_sends(resources: Resources, name: str) -> None:
    parameters = UPDATES[name]
    assert parameters is not None
    seen = see_call("UpdateItem", parameters)
    assert {"pk", "sk", "schema", "u#2026-11#k1#a-model#tokens_in", "m#2026-11#k1#a-model"} <= set(seen.attributes)
    assert allows(resources, "ModelsPolicy", seen)
    assert allows(resources, "ModelsPolicy", see_call("GetItem", write_read("t", TENANT)))


@pytest.mark.parametrize(
    "call",
    [
        *(Call(READ, (partition,)) for partition in OTHER_PARTITIONS),
        *(Call(UPDATE, (partition,), OF_A_CHARGE) for partition in OTHER_PARTITIONS),
        Call(READ),
        Call(UPDATE, attributes=OF_A_CHARGE),
        Call(READ, (TENANT, "names")),
        Call(UPDATE, (TENANT,)),  # legacy parameters, if they name no attribute
        Call(UPDATE, (TENANT,), ("pk", "sk", "plan")),
        Call(UPDATE, (TENANT,), ("pk", "sk", "name")),
        Call(UPDATE, (TENANT,), ("pk", "sk", "label#web")),
        Call(UPDATE, (TENANT,), ("pk", "sk", CONSENT)),
        Call(UPDATE, (TENANT,), (*OF_A_CHARGE, "who")),
        Call(UPDATE, (TENANT,), ("pk", "sk", "counters")),
        Call(READ, (TENANT,), enclosing="TransactGetItems"),
        Call(UPDATE, (TENANT,), OF_A_CHARGE, "TransactWriteItems"),
        *(
            Call(f"dynamodb:{action}", (TENANT,))
            for action in (
                *("PutItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem"),
                *("PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
            )
        ),
        *(
            Call(f"dynamodb:{action}")
            for action in (
                *("DeleteTable", "UpdateTable", "UpdateContinuousBackups", "UpdateTimeToLive", "PutResourcePolicy"),
                *("ExportTableToPointInTime", "RestoreTableToPointInTime", "CreateBackup", "DeleteBackup"),
            )
        ),
    ],
)
def test_a_model_may_do_nothing_else(resources: Resources, call: Call) -> None:
    assert not allows(resources, "ModelsPolicy", call)


WITHIN_REACH = {
    "take all from a tenant": ("SET #a = :zero", {"#a": "day_left"}),
    "raise a limit": ("SET #a = :many, #b = :many", {"#a": "month_limit", "#b": "month_left"}),
    "add a key": ("SET #keys.#hash = :key", {"#keys": "keys", "#hash": "6" * 64}),
    "remove all keys": ("REMOVE #keys", {"#keys": "keys"}),
    "resume a tenant": ("SET #a = :active", {"#a": "state"}),
    "lower a bill": ("SET #a = :zero", {"#a": "m#2026-11#k1#digits"}),
}
"""What SECURITY.md says that a compromised function can do: IAM doesn't see what a condition or a value is."""


@pytest.mark.parametrize("what", WITHIN_REACH)
def test_what_security_says_remains_possible_does(resources: Resources, what: str) -> None:
    expression, names = WITHIN_REACH[what]
    for sk in ("state", "another"):  # IAM doesn't see the sort key either
        key = {"pk": {"S": TENANT}, "sk": {"S": sk}}
        parameters = {"Key": key, "UpdateExpression": expression, "ExpressionAttributeNames": names}
        assert allows(resources, "ModelsPolicy", see_call("UpdateItem", parameters))


def test_the_catalog_reads_and_changes_nothing(resources: Resources) -> None:
    assert allows(resources, "CatalogPolicy", Call(READ, (TENANT,)))
    for partition in OTHER_PARTITIONS:
        assert not allows(resources, "CatalogPolicy", Call(READ, (partition,)))
    assert not allows(resources, "CatalogPolicy", Call(READ))
    assert not allows(resources, "CatalogPolicy", Call(UPDATE, (TENANT,), OF_A_CHARGE))


def test_each_policy_is_for_this_table_alone(resources: Resources) -> None:
    policies = of_type(resources, "AWS::IAM::Policy")
    assert {name: it["Properties"]["Roles"] for name, it in policies.items()} == {
        "ModelsPolicy": [{"Ref": "ModelsRole"}],
        "CatalogPolicy": [{"Ref": "CatalogRole"}],
    }
    for policy in policies.values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Resource"] == ARN


def test_another_table_takes_the_place_of_the_stacks_own_everywhere(stack: Template, resources: Resources) -> None:
    name = {"Fn::If": ["NewTable", {"Ref": "Table"}, {"Ref": "ExistingTable"}]}
    assert resources["Table"]["Condition"] == "NewTable"
    assert stack["Conditions"] == {"NewTable": {"Fn::Equals": [{"Ref": "ExistingTable"}, ""]}}
    assert stack["Outputs"]["Table"]["Value"] == name
    everything = str({"resources": resources, "outputs": stack["Outputs"]})
    assert everything.count("{'Ref': 'Table'}") == everything.count(str(name)) == 5
    assert everything.count("'Fn::GetAtt': ['Table', 'Arn']") == everything.count(str(ARN))


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
            assert metric["Dimensions"][0] == {
                "Name": "TableName",
                "Value": {"Fn::If": ["NewTable", {"Ref": "Table"}, {"Ref": "ExistingTable"}]},
            }
