"""infra/captures.yaml: what captures need, who may do what with them, and how long they stay."""

import fnmatch
from typing import Any

import pytest
from support.templates import Resources, Template, of_type, read_template

from pilotlight_runtime.metering.captures.names import DAYS, make_name

TEMPLATES = ("template.yaml", "pilotlight/scaffold/files/template.yaml")
NAME = make_name(30, "Tenant01", "digits", 1_795_651_200.0, bytes)


@pytest.fixture
def resources(request: pytest.FixtureRequest) -> Resources:
    found: Resources = read_template(request.config.rootpath / "infra" / "captures.yaml")["Resources"]
    return found


@pytest.fixture(params=TEMPLATES)
def template(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / request.param)


def find_expiry(resources: Resources, name: str) -> list[int]:
    """The days of each rule that S3 applies to an object: it looks at the beginning of the name."""
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return [
        rule["ExpirationInDays"]
        for rule in rules
        if "ExpirationInDays" in rule and name.startswith(rule.get("Prefix", ""))
    ]


@pytest.mark.parametrize("days", DAYS)
def test_each_capture_expires_after_its_own_days(resources: Resources, days: int) -> None:
    assert find_expiry(resources, make_name(days, "Tenant01", "digits", 1_795_651_200.0, bytes)) == [days]


def test_what_is_deleted_is_gone(resources: Resources) -> None:
    properties = resources["Bucket"]["Properties"]
    assert not {"VersioningConfiguration", "ObjectLockEnabled", "ReplicationConfiguration"} & set(properties)


def test_the_bucket_is_private_and_takes_encrypted_connections_alone(resources: Resources) -> None:
    properties = resources["Bucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (statement,) = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def allowed(resources: Resources, policy: str) -> dict[str, Any]:
    """The resource of each action that a policy allows."""
    statements = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert {each["Effect"] for each in statements} == {"Allow"}
    return {each["Action"]: each["Resource"] for each in statements}


CAPTURES, KEY, WHOLE = (
    {"Fn::Sub": "${Bucket.Arn}/captures/*"},
    {"Fn::GetAtt": ["Key", "Arn"]},
    {"Fn::GetAtt": ["Bucket", "Arn"]},
)


def test_a_function_writes_and_can_neither_read_nor_delete(resources: Resources) -> None:
    assert allowed(resources, "ModelsPolicy") == {"s3:PutObject": CAPTURES, "kms:Decrypt": KEY}
    assert resources["ModelsPolicy"]["Properties"]["Roles"] == [{"Ref": "ModelsRole"}]
    assert fnmatch.fnmatchcase(f"ARN/{NAME}", CAPTURES["Fn::Sub"].replace("${Bucket.Arn}", "ARN"))


def test_who_administers_captures_cannot_read_them(resources: Resources) -> None:
    assert allowed(resources, "Administration") == {
        "kms:GenerateDataKeyWithoutPlaintext": KEY,
        "s3:ListBucket": WHOLE,
        "s3:DeleteObject": CAPTURES,
    }
    assert allowed(resources, "Reading") == {"s3:ListBucket": WHOLE, "s3:GetObject": CAPTURES, "kms:Decrypt": KEY}


def test_the_key_is_the_only_thing_that_costs_while_nobody_asks(resources: Resources) -> None:
    assert {it["Type"] for it in resources.values()} == {
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::KMS::Key",
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
    }
    assert len(of_type(resources, "AWS::KMS::Key")) == 1
    assert "EnableKeyRotation" not in resources["Key"]["Properties"]  # each of the first two rotations costs $1 a month


def test_it_is_there_only_where_the_service_and_captures_are_on(template: Template) -> None:
    assert template["Parameters"]["Captures"]["Default"] == "off"
    assert template["Conditions"]["CapturesOn"] == {
        "Fn::And": [{"Fn::Equals": [{"Ref": "Service"}, "on"]}, {"Fn::Equals": [{"Ref": "Captures"}, "on"]}]
    }
    stack = template["Resources"]["CapturesStack"]
    assert (stack["Condition"], stack["Properties"]["TemplateURL"]) == ("CapturesOn", "infra/captures.yaml")
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["PILOTLIGHT_CAPTURES"] == {
        "Fn::If": ["CapturesOn", {"Fn::Sub": "s3://${CapturesStack.Outputs.Bucket}"}, ""]
    }
    outputs = [name for name, it in template["Outputs"].items() if it.get("Condition") == "CapturesOn"]
    assert outputs == ["Captures", "CapturesKey", "CapturesAdministration", "CapturesReading"]
