"""What every role of infra/ may do, and why: an action that nobody gave a reason for fails here."""

import re
from pathlib import Path
from typing import Any

import pytest
from cloudsplaining.scan.policy_document import PolicyDocument
from support.templates import Template, read_template

WHY: dict[str, dict[str, dict[str, str]]] = {
    "bearer.yaml": {
        "AuthorizerRole": {
            "logs:CreateLogStream": "write the authorizer's log",
            "logs:PutLogEvents": "write the authorizer's log",
        },
    },
    "captures.yaml": {
        "ModelsRole": {
            "s3:PutObject": "write a capture",
            "kms:Decrypt": "decrypt the data key of a tenant that agrees",
        },
        "Administration": {
            "kms:GenerateDataKeyWithoutPlaintext": "give a tenant a data key",
            "s3:ListBucket": "find the captures of a tenant",
            "s3:DeleteObject": "delete the captures of a tenant",
        },
        "Reading": {
            "s3:ListBucket": "find the captures of a tenant",
            "s3:GetObject": "read a capture",
            "kms:Decrypt": "decrypt the data key of a tenant",
        },
    },
    "training.yaml": {
        "JobRole": {
            "s3:GetObject": "read the data; read versions and checkpoints",
            "s3:ListBucket": "find the objects under a prefix; tell what is missing from what is forbidden",
            "s3:PutObject": "write checkpoints, the version and the result",
            "s3:AbortMultipartUpload": "leave no half of a large file behind",
            "s3:DeleteObject": "remove checkpoints after success, under .runs/ alone",
        },
        "ExecutionRole": {
            "ecr:GetAuthorizationToken": "log in to the registry",
            "ecr:BatchCheckLayerAvailability": "pull the image",
            "ecr:GetDownloadUrlForLayer": "pull the image",
            "ecr:BatchGetImage": "pull the image",
            "logs:CreateLogStream": "write the run's log",
            "logs:PutLogEvents": "write the run's log",
        },
        "InstanceRole": {
            "managed: service-role/AmazonEC2ContainerServiceforEC2Role": "be an instance of an ECS cluster",
        },
    },
    "service.yaml": {
        "ModelsRole": {
            "dynamodb:GetItem": "read a tenant's keys and quota",
            "dynamodb:UpdateItem": "take the cost of an answer, and count it",
        },
        "CatalogRole": {"dynamodb:GetItem": "tell a tenant what is left"},
        "Administration": {
            "dynamodb:GetItem": "read tenants",
            "dynamodb:Query": "list names, and a tenant's audit trail",
            "dynamodb:PutItem": "create what is not there",
            "dynamodb:UpdateItem": "change keys, plans and states",
            "dynamodb:DeleteItem": "forget a name",
            "logs:DescribeLogGroups": "see how long the log is kept before anything is credited by it",
            "logs:FilterLogEvents": "compare the counters with the log",
        },
        "NotifierRole": {
            "logs:CreateLogStream": "write the log of the alerts",
            "logs:PutLogEvents": "write the log of the alerts",
            "sns:Publish": "send an alert",
        },
    },
    "uploads.yaml": {
        "Roles": {
            "s3:GetObject": "read what a caller uploaded",
            "s3:PutObject": "keep a small file; sign addresses that take a large one",
        },
    },
    "pipeline.yaml": {
        "MachineRole": {
            "s3:ListBucket": "see whether something was deployed before",
            "s3:GetObject": "read what was deployed, and a run's result",
            "s3:PutObject": "remember what was deployed",
            "batch:SubmitJob": "train",
            "batch:TerminateJob": "stop the job of an execution that is stopped",
            "batch:DescribeJobs": "see how the job ended",
            "events:PutTargets": "hear of the end of jobs",
            "events:PutRule": "hear of the end of jobs",
            "events:DescribeRule": "hear of the end of jobs",
            "sns:Publish": "tell people, ask for approval",
            "codebuild:StartBuild": "deploy",
            "codebuild:BatchGetBuilds": "see how the deployment ended",
            "logs:CreateLogDelivery": "have Step Functions write its log",
            "logs:GetLogDelivery": "have Step Functions write its log",
            "logs:UpdateLogDelivery": "have Step Functions write its log",
            "logs:DeleteLogDelivery": "have Step Functions write its log",
            "logs:ListLogDeliveries": "have Step Functions write its log",
            "logs:PutResourcePolicy": "have Step Functions write its log",
            "logs:DescribeResourcePolicies": "have Step Functions write its log",
            "logs:DescribeLogGroups": "have Step Functions write its log",
            "xray:PutTraceSegments": "traces, where they are on",
            "xray:PutTelemetryRecords": "traces, where they are on",
            "xray:GetSamplingRules": "traces, where they are on",
            "xray:GetSamplingTargets": "traces, where they are on",
        },
        "StartRole": {"states:StartExecution": "start the pipeline by the clock and on new data"},
        "DeployRole": {
            "logs:CreateLogStream": "write the build's log",
            "logs:PutLogEvents": "write the build's log",
            "s3:GetObject": "fetch pinned versions, a zip of the source, and what was uploaded before",
            "s3:GetObjectVersion": "fetch a zip of the source",
            "s3:ListBucket": "tell what is missing from what is forbidden",
            "s3:PutObject": "upload what is deployed",
            "cloudformation:CreateChangeSet": "deploy the serving stack, transform included",
            "cloudformation:DescribeChangeSet": "deploy the serving stack",
            "cloudformation:ExecuteChangeSet": "deploy the serving stack",
            "cloudformation:DescribeStacks": "deploy the serving stack",
            "cloudformation:DescribeStackEvents": "deploy the serving stack",
            "cloudformation:GetTemplateSummary": "deploy the serving stack",
            "iam:PassRole": "hand CloudFormation the one role that it deploys with",
            "codeconnections:UseConnection": "fetch the source, push the pin",
            "codeconnections:GetConnection": "fetch the source, push the pin",
            "codeconnections:GetConnectionToken": "fetch the source, push the pin",
        },
    },
}

ANY_RESOURCE = {
    "ecr:GetAuthorizationToken": "it is of the registry, not of a repository",
    "batch:DescribeJobs": "AWS Batch knows no narrower resource",
    **dict.fromkeys(
        (action for action in WHY["pipeline.yaml"]["MachineRole"] if "Log" in action or "ResourcePolic" in action),
        "log deliveries are of the account",
    ),
    **dict.fromkeys(
        (action for action in WHY["pipeline.yaml"]["MachineRole"] if action.startswith("xray:")),
        "X-Ray knows no narrower resource",
    ),
}
"""The actions that may be allowed on every resource, and why."""

LINTED = {("training.yaml", "ExecutionRole"): {"ecr:GetAuthorizationToken"}}  # without it no image is pulled
"""What the policy linter remarks on, by file and role, and why it stays."""

FILES = sorted(WHY)
IN_THE_DOCS = ("pipeline.yaml", "training.yaml")
"""What docs/training-infrastructure.md has a table of."""


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def template(file: str, request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / file)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def roles(template: Template) -> dict[str, list[dict[str, Any]]]:
    """The statements of each role, those of policies that are attached to it included."""
    resources = template["Resources"]
    found: dict[str, list[dict[str, Any]]] = {
        name: [
            statement
            for policy in resource["Properties"].get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":  # for people, who have roles of their own
            found[name] = resource["Properties"]["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::IAM::Policy":
            for role in listed(resource["Properties"]["Roles"]):  # or a parameter that names roles of another stack
                found.setdefault(role["Ref"], []).extend(resource["Properties"]["PolicyDocument"]["Statement"])
    return found


def managed(template: Template, role: str) -> list[str]:
    arns = template["Resources"].get(role, {}).get("Properties", {}).get("ManagedPolicyArns", [])
    return [f"managed: {arn['Fn::Sub'].split(':policy/')[1]}" for arn in arns]


def plain(value: Any) -> Any:
    """`value` as a policy on its own would say it: with names in place of what CloudFormation fills in."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return plain(value["Fn::If"][1])
    if "Fn::Sub" in value:
        text = listed(value["Fn::Sub"])[0]
        return text.replace("${AWS::Partition}", "aws").replace("${", "").replace("}", "")
    if "Fn::GetAtt" in value or "Ref" in value:
        return "arn:aws:service:region:123456789012:one"
    return {name: plain(each) for name, each in value.items()}


def test_these_are_all_templates_with_roles_beside_the_functions(request: pytest.FixtureRequest) -> None:
    infra: Path = request.config.rootpath / "infra"
    assert [path.name for path in sorted(infra.glob("*.yaml")) if roles(read_template(path))] == FILES


def test_every_action_of_every_role_has_a_reason_and_every_reason_an_action(file: str, template: Template) -> None:
    actions = {
        role: {action for statement in statements for action in listed(statement["Action"])}
        | {*managed(template, role)}
        for role, statements in roles(template).items()
    }
    assert actions == {role: set(reasons) for role, reasons in WHY[file].items()}


def test_the_table_of_the_docs_names_just_these_actions(request: pytest.FixtureRequest) -> None:
    table: dict[str, set[str]] = {}
    role = ""
    text = (request.config.rootpath / "docs" / "training-infrastructure.md").read_text()
    for row in text.partition("| role | may |")[2].splitlines()[2:]:
        if not row.startswith("|"):
            break
        who, may = (cell.strip() for cell in row.split("|")[1:3])
        role = who.split("**")[1] if who else role
        table.setdefault(role, set()).update(re.findall(r"`([^`]+)`", may))
    reasons = {role: set(actions) for file in IN_THE_DOCS for role, actions in WHY[file].items()}
    assert table == {
        role: {action.removeprefix("managed: service-role/") for action in actions} for role, actions in reasons.items()
    }


def test_no_statement_excludes_instead_of_naming(template: Template) -> None:
    for statements in roles(template).values():
        for statement in statements:
            assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
            assert not [action for action in listed(statement["Action"]) if "*" in action]


def test_every_resource_is_named_where_the_service_can_name_it(template: Template) -> None:
    anywhere = {
        action
        for statements in roles(template).values()
        for statement in statements
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert anywhere <= set(ANY_RESOURCE)


def test_every_role_is_for_one_service_of_this_account(template: Template) -> None:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            (trust,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert trust["Action"] == "sts:AssumeRole"
            (service,) = trust["Principal"].values()
            # EC2 and Lambda give an instance or a function its own role's credentials and know no source.
            if service not in ("ec2.amazonaws.com", "lambda.amazonaws.com"):
                assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}, name


def remarks(statements: Any) -> set[str]:
    """What cloudsplaining says of a policy."""
    policy = PolicyDocument({"Version": "2012-10-17", "Statement": statements})
    return {
        *policy.credentials_exposure,
        *policy.permissions_management_without_constraints,
        *policy.allows_data_exfiltration_actions,
        *policy.write_actions_without_constraints,
        *policy.service_wildcard,
        *(escalation["type"] for escalation in policy.allows_privilege_escalation),
        *(["NotAction"] if policy.contains_statement_using_not_action else []),
    }


def test_the_policy_linter_finds_nothing_that_nobody_gave_a_reason_for(file: str, template: Template) -> None:
    found = {(file, role): remarks(plain(statements)) for role, statements in roles(template).items()}
    assert {where: said for where, said in found.items() if said} == {
        where: said for where, said in LINTED.items() if where[0] == file
    }


def test_the_policy_linter_would_speak_of_a_policy_that_allows_too_much() -> None:
    generous = {"Effect": "Allow", "Action": ["s3:GetObject", "iam:PutRolePolicy"], "Resource": "*"}
    assert {"s3:GetObject", "iam:PutRolePolicy", "PutRolePolicy"} <= remarks([generous])
    assert "s3" in remarks([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])
