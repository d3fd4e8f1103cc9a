"""What the stack is once SAM's transform has expanded it: who may call it, what it may do, what it writes down."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from support.templates import read_template

from pilotlight.core.names import logical_stem

Resources = dict[str, dict[str, Any]]


OF_A_MODEL = (
    "get /v2/models/{}",
    "any /v2/models/{}/{{proxy+}}",
    "get /v1/models/{}",
    "post /v1/models/{}:predict",
    "any /v1/models/{}/{{proxy+}}",
)


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read_template(request.config.rootpath / "template.yaml")


@pytest.fixture
def models(request: pytest.FixtureRequest) -> list[str]:
    """The folders under functions/ that hold a model."""
    found = sorted(path.parent.name for path in (request.config.rootpath / "functions").glob("*/model.toml"))
    assert found
    return found


@pytest.fixture
def resources(template: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Resources:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for resource in template["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
            resource["Properties"][uri] = "s3://uploaded/by-sam"
    expanded: Resources = transform(template, {}, _NoManagedPolicies())["Resources"]
    return expanded


def of_type(resources: Resources, kind: str) -> Resources:
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def operations(resources: Resources) -> dict[str, dict[str, Any]]:
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    return {
        f"{method.replace('x-amazon-apigateway-any-method', 'any')} {path}": operation
        for path, methods in api["Properties"]["Body"]["paths"].items()
        for method, operation in methods.items()
    }


def test_every_model_has_a_function_and_every_function_a_folder(
    template: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    functions: Path = request.config.rootpath / "functions"
    uris = {
        function["Properties"]["CodeUri"]
        for function in of_type(template["Resources"], "AWS::Serverless::Function").values()
    }
    assert uris == {f"functions/{folder.name}" for folder in functions.iterdir() if (folder / "app.py").is_file()}


def test_every_route_asks_for_a_key(resources: Resources) -> None:
    assert operations(resources)
    assert {name for name, it in operations(resources).items() if it.get("security") != [{"api_key": []}]} == set()


def test_the_routes_are_those_of_the_protocols(resources: Resources, models: list[str]) -> None:
    assert set(operations(resources)) == {
        "get /v2",
        "any /v2/{proxy+}",
        "any /{proxy+}",
        *(route.format(model) for model in models for route in OF_A_MODEL),
    }


def test_every_route_calls_the_alias_that_a_deployment_shifts(resources: Resources) -> None:
    uris = [json.dumps(it["x-amazon-apigateway-integration"]["uri"]) for it in operations(resources).values()]
    assert all(re.search(r"\$\{\w+FunctionAliaslive\}", uri) for uri in uris), uris


def test_a_function_may_write_its_own_log_and_nothing_else(resources: Resources, models: list[str]) -> None:
    roles = {name: role for name, role in of_type(resources, "AWS::IAM::Role").items() if trusts(role, "lambda")}
    assert set(roles) == {f"{logical_stem(name)}Role" for name in (*models, "catalog")}
    for name, role in roles.items():
        assert "ManagedPolicyArns" not in role["Properties"]
        (policy,) = role["Properties"]["Policies"]
        logs, traces = policy["PolicyDocument"]["Statement"]
        assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert logs["Resource"] == {"Fn::GetAtt": [name.replace("Role", "LogGroup"), "Arn"]}
        assert traces["Effect"] == {"Fn::If": ["TracingOn", "Allow", "Deny"]}
        assert all(action.startswith("xray:Put") for action in traces["Action"])


def trusts(role: dict[str, Any], service: str) -> bool:
    principals = [statement["Principal"] for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    return {"Service": f"{service}.amazonaws.com"} in principals


def test_no_role_is_made_behind_the_templates_back_but_code_deploys(resources: Resources, models: list[str]) -> None:
    assert set(of_type(resources, "AWS::IAM::Role")) == {
        "ApiGatewayLogsRole",
        "CatalogRole",
        "CodeDeployServiceRole",
        *(f"{logical_stem(name)}Role" for name in models),
    }


def test_the_access_log_holds_no_payload_query_key_or_address(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    line = stage["Properties"]["AccessLogSetting"]["Format"]
    values = json.loads(line).values()
    assert set(values) == {
        "$context.requestId",
        "$context.requestTime",
        "$context.httpMethod",
        "$context.path",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integrationLatency",
        "$context.identity.apiKeyId",
        "$context.xrayTraceId",
        "$context.error.responseType",
    }
    assert [it["DataTraceEnabled"] for it in stage["Properties"]["MethodSettings"]] == [False]


def test_what_api_gateway_answers_itself_is_json_with_an_error(resources: Resources) -> None:
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    answers = api["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    for name, answer in answers.items():
        (body,) = answer["responseTemplates"].values()
        filled = body.replace("$context.error.messageString", '"said"').replace("$context.requestId", "id")
        assert json.loads(filled)["error"], name
    statuses = {name: answer.get("statusCode") for name, answer in answers.items()}
    assert statuses["THROTTLED"] == statuses["QUOTA_EXCEEDED"] == "429"
    assert statuses["REQUEST_TOO_LARGE"] == "413"
    for name in ("THROTTLED", "QUOTA_EXCEEDED"):
        assert "gatewayresponse.header.Retry-After" in answers[name]["responseParameters"]


def test_every_alias_moves_by_canary_and_back_by_its_own_alarm(resources: Resources, models: list[str]) -> None:
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{logical_stem(name)}FunctionDeploymentGroup" for name in (*models, "catalog")}
    for name, group in groups.items():
        properties = group["Properties"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]
        alarm = name.replace("FunctionDeploymentGroup", "Alarm")
        assert properties["AlarmConfiguration"] == {"Alarms": [{"Name": {"Ref": alarm}}], "Enabled": True}
        assert "Canary10Percent5Minutes" in json.dumps(properties["DeploymentConfigName"])


def test_every_log_group_has_a_retention(resources: Resources) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert {group["Properties"]["RetentionInDays"]["Ref"] for group in groups.values()} == {"LogRetentionDays"}
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_old_layers_and_the_accounts_log_role_outlive_the_stack(resources: Resources) -> None:
    (layer,) = of_type(resources, "AWS::Lambda::LayerVersion").values()
    kept = [layer, resources["ApiGatewayAccount"], resources["ApiGatewayLogsRole"]]
    assert [resource["DeletionPolicy"] for resource in kept] == ["Retain"] * 3


def test_snapshots_which_cost_while_idle_are_a_choice(template: dict[str, Any], resources: Resources) -> None:
    assert template["Parameters"]["SnapStart"]["Default"] == "None"
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert [function["Properties"]["SnapStart"] for function in functions] == [{"ApplyOn": {"Ref": "SnapStart"}}] * len(
        functions
    )


def test_who_only_serves_gets_nothing_of_training(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Training"]["Default"] == "off"
    stacks = of_type(template["Resources"], "AWS::CloudFormation::Stack")
    assert {name: stack.get("Condition") for name, stack in stacks.items()} == {
        "Observability": None,
        "TrainingStack": "TrainingOn",
    }
    outputs = {name: it for name, it in template["Outputs"].items() if name.startswith("Training")}
    assert {it["Condition"] for it in outputs.values()} == {"TrainingOn", "SeveralNodes"}
    assert {"TrainingQueue", "TrainingJobDefinition", "TrainingRepository", "TrainingLogGroup"} <= set(outputs)


def test_training_gets_only_what_it_takes_and_gives_what_is_passed_on(
    template: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    nested = read_template(request.config.rootpath / "infra" / "training.yaml")
    properties = template["Resources"]["TrainingStack"]["Properties"]
    assert set(properties["Parameters"]) <= set(nested["Parameters"])
    required = {name for name, it in nested["Parameters"].items() if "Default" not in it}
    assert required <= set(properties["Parameters"])
    passed_on = {name: it for name, it in template["Outputs"].items() if name.startswith("Training")}
    for name, it in passed_on.items():
        assert it["Value"] == {"Fn::GetAtt": ["TrainingStack", "Outputs", name]}
        assert name in nested["Outputs"]


def test_training_in_the_stack_is_what_it_is_by_itself_unless_told_otherwise(
    template: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    nested = read_template(request.config.rootpath / "infra" / "training.yaml")["Parameters"]
    passed = template["Resources"]["TrainingStack"]["Properties"]["Parameters"]
    assert {"MaxVcpus", "Gpus", "Vcpus", "MemoryMiB", "DiskGiB", "Attempts", "TimeoutSeconds"} <= set(passed)
    for name, value in passed.items():
        own = value["Ref"] if "Ref" in value else value["Fn::Join"][1]["Ref"]
        if own.startswith("Training"):
            assert own == f"Training{name}"
            assert template["Parameters"][own]["Default"] == nested[name]["Default"]
