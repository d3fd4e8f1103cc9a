"""What the stack is once SAM's transform has expanded it: who may call it, what it may do, what it writes down."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.templates import Resources, Template, of_type, operations, read_template

from pilotlight.core.model_names import to_logical_stem
from pilotlight.core.project import Project
from pilotlight.packaging import ARCHITECTURES

OF_A_MODEL = (
    "get /v2/models/{}",
    "any /v2/models/{}/{{proxy+}}",
    "get /v1/models/{}",
    "post /v1/models/{}:predict",
    "any /v1/models/{}/{{proxy+}}",
)

URI = (
    r":lambda:path/(2015-03-31/functions/\$\{\w+Function\.Arn\}:live/invocations"
    r"|2021-11-15/functions/\$\{\w+Function\.Arn\}:live/response-streaming-invocations)$"
)


@pytest.fixture
def template(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "template.yaml")


@pytest.fixture
def models(request: pytest.FixtureRequest) -> list[str]:
    """The folders under functions/ that hold a model."""
    found = sorted(path.parent.name for path in (request.config.rootpath / "functions").glob("*/model.toml"))
    assert found
    return found


@pytest.fixture
def resources(template: Template, expand: Callable[[Template], Resources]) -> Resources:
    return expand(template)


def test_every_model_has_a_function_and_every_function_a_folder(
    template: Template, request: pytest.FixtureRequest
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
    for route, operation in operations(resources).items():
        for uri in uris(operation):
            assert re.search(URI, uri), route
    aliases = of_type(resources, "AWS::Lambda::Alias").values()
    assert {alias["Properties"]["Name"] for alias in aliases} == {"live"}


def test_every_route_of_a_model_calls_the_models_own_function(resources: Resources, models: list[str]) -> None:
    for name in models:
        for route in OF_A_MODEL:
            operation = operations(resources)[route.format(name)]
            integration = operation["x-amazon-apigateway-integration"]
            assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
            for uri in uris(operation):
                assert f"${{{to_logical_stem(name)}Function.Arn}}" in uri


def test_the_routes_of_a_model_stream_where_its_model_toml_says_so(
    resources: Resources, models: list[str], request: pytest.FixtureRequest
) -> None:
    project = Project(request.config.rootpath, "")
    for name in models:
        for route in OF_A_MODEL:
            streams = [
                uri.endswith("/response-streaming-invocations")
                for uri in uris(operations(resources)[route.format(name)])
            ]
            assert streams == ([True, False] if project.read_config(name).stream else [False]), route


def uris(operation: dict[str, Any]) -> list[str]:
    """What a route calls: with Pilotlight's runtime client, and with AWS's where that is another."""
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    return [each["Fn::Sub"] for each in (uri["Fn::If"][1:] if "Fn::If" in uri else [uri])]


def test_an_event_of_a_function_is_one_more_route(
    template: Template, resources: Resources, expand: Callable[[Template], Resources]
) -> None:
    event = {"RestApiId": {"Ref": "Api"}, "Method": "POST", "Path": "/own"}
    function = {"CodeUri": "functions/own", "Events": {"Own": {"Type": "Api", "Properties": event}}}
    template["Resources"]["OwnFunction"] = {"Type": "AWS::Serverless::Function", "Properties": function}
    found = operations(expand(template))
    assert set(found) == {*operations(resources), "post /own"}
    assert found["post /own"]["security"] == [{"api_key": []}]


def test_this_api_alone_may_call_each_function_and_only_through_its_alias(
    resources: Resources, models: list[str]
) -> None:
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    aliases = {f"{to_logical_stem(name)}FunctionAliaslive" for name in (*models, "catalog")}
    called = [it for it in permissions if it.get("Condition") != "BearerKeysOn"]
    assert sorted(it["Properties"]["FunctionName"]["Ref"] for it in called) == sorted(aliases)
    (asked,) = (it for it in permissions if it not in called)
    assert asked["Properties"]["SourceArn"]["Fn::Sub"].endswith(":${AWS::AccountId}:${Api}/authorizers/*")
    for permission in called:
        assert permission["Properties"]["Action"] == "lambda:InvokeFunction"
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert permission["Properties"]["SourceArn"]["Fn::Sub"].endswith(":${AWS::AccountId}:${Api}/*")


def test_a_function_may_write_the_log_that_it_writes_to_and_nothing_else(
    resources: Resources, models: list[str]
) -> None:
    roles = {name: role for name, role in of_type(resources, "AWS::IAM::Role").items() if trusts(role, "lambda")}
    assert set(roles) == {"ModelsRole", "CatalogRole"}
    for name, role in roles.items():
        assert "ManagedPolicyArns" not in role["Properties"]
        (policy,) = role["Properties"]["Policies"]
        logs, traces = policy["PolicyDocument"]["Statement"]
        assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert logs["Resource"] == {"Fn::GetAtt": [name.replace("Role", "LogGroup"), "Arn"]}
        assert traces["Effect"] == {"Fn::If": ["TracingOn", "Allow", "Deny"]}
        assert all(action.startswith("xray:Put") for action in traces["Action"])
    for name in (*models, "catalog"):
        properties = resources[f"{to_logical_stem(name)}Function"]["Properties"]
        shared = "Catalog" if name == "catalog" else "Models"
        assert properties["Role"] == {"Fn::GetAtt": [f"{shared}Role", "Arn"]}
        assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{shared}LogGroup"}, "LogFormat": "JSON"}


def trusts(role: dict[str, Any], service: str) -> bool:
    principals = [statement["Principal"] for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    return {"Service": f"{service}.amazonaws.com"} in principals


def test_no_role_is_made_behind_the_templates_back_but_code_deploys(resources: Resources) -> None:
    roles = {"ApiGatewayLogsRole", "CatalogRole", "ModelsRole", "CodeDeployServiceRole"}
    assert set(of_type(resources, "AWS::IAM::Role")) == roles


def test_the_access_log_holds_no_payload_query_key_or_address(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    line = stage["Properties"]["AccessLogSetting"]["Format"]
    values = json.loads(line).values()
    # A caller chooses $context.requestId, by x-amzn-RequestId, and $context.path.
    assert set(values) == {
        "$context.extendedRequestId",
        "$context.requestTime",
        "$context.httpMethod",
        "$context.resourcePath",
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
        filled = body.replace("$context.error.messageString", '"said"').replace("$context.extendedRequestId", "id")
        assert json.loads(filled)["error"], name
    statuses = {name: answer.get("statusCode") for name, answer in answers.items()}
    assert statuses["THROTTLED"] == statuses["QUOTA_EXCEEDED"] == "429"
    assert statuses["REQUEST_TOO_LARGE"] == "413"
    for name in ("THROTTLED", "QUOTA_EXCEEDED"):
        assert "gatewayresponse.header.Retry-After" in answers[name]["responseParameters"]


def test_every_alias_moves_by_canary_and_back_by_its_own_alarm(resources: Resources, models: list[str]) -> None:
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{to_logical_stem(name)}FunctionDeploymentGroup" for name in (*models, "catalog")}
    for name, group in groups.items():
        properties = group["Properties"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]
        alarm = name.replace("FunctionDeploymentGroup", "Alarm")
        assert properties["AlarmConfiguration"] == {"Alarms": [{"Name": {"Ref": alarm}}], "Enabled": True}
        assert "Canary10Percent5Minutes" in json.dumps(properties["DeploymentConfigName"])


def test_a_models_alarm_watches_its_own_alias_and_its_own_failures(
    template: Template, resources: Resources, models: list[str]
) -> None:
    for name in models:
        properties = resources[f"{to_logical_stem(name)}Alarm"]["Properties"]
        metrics = {it["Id"]: it for it in properties["Metrics"]}
        assert metrics["either"]["Expression"] == "FILL(crashes, 0) + FILL(failures, 0)"
        assert [name for name, it in metrics.items() if it["ReturnData"]] == ["either"]
        crashes, failures = (metrics[each]["MetricStat"]["Metric"] for each in ("crashes", "failures"))
        function = f"{to_logical_stem(name)}Function"
        assert (crashes["Namespace"], crashes["MetricName"]) == ("AWS/Lambda", "Errors")
        assert crashes["Dimensions"] == [
            {"Name": "FunctionName", "Value": {"Ref": function}},
            {"Name": "Resource", "Value": {"Fn::Sub": f"${{{function}}}:live"}},
        ]
        (counted,) = template["Resources"]["ModelsFailures"]["Properties"]["MetricTransformations"]
        assert failures["Namespace"] == counted["MetricNamespace"]
        assert failures["MetricName"] == counted["MetricName"]
        assert failures["Dimensions"] == [{"Name": "model", "Value": name}]
        assert (properties["Threshold"], properties["TreatMissingData"]) == (0, "notBreaching")
        topic = [{"Fn::GetAtt": ["Observability", "Outputs", "AlarmTopic"]}]
        assert (properties["AlarmActions"], properties["OKActions"]) == (topic, topic)


def test_every_log_group_has_a_retention(resources: Resources) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert {group["Properties"]["RetentionInDays"]["Ref"] for group in groups.values()} == {"LogRetentionDays"}
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_old_layers_and_the_accounts_log_role_outlive_the_stack(resources: Resources) -> None:
    (layer,) = of_type(resources, "AWS::Lambda::LayerVersion").values()
    kept = [layer, resources["ApiGatewayAccount"], resources["ApiGatewayLogsRole"]]
    assert [resource["DeletionPolicy"] for resource in kept] == ["Retain"] * 3


def test_snapshots_which_cost_while_idle_are_a_choice(template: Template, resources: Resources) -> None:
    assert template["Parameters"]["SnapStart"]["Default"] == "None"
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert [function["Properties"]["SnapStart"] for function in functions] == [{"ApplyOn": {"Ref": "SnapStart"}}] * len(
        functions
    )


def test_the_runtime_client_is_ours_unless_told_otherwise(template: Template, resources: Resources) -> None:
    assert template["Parameters"]["RuntimeClient"]["Default"] == "own"
    assert template["Conditions"]["OwnRuntimeClient"] == {"Fn::Equals": [{"Ref": "RuntimeClient"}, "own"]}
    for function in of_type(resources, "AWS::Lambda::Function").values():
        wrapper = function["Properties"]["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"]
        assert wrapper == {"Fn::If": ["OwnRuntimeClient", "/opt/pilotlight-start", ""]}


def test_functions_and_layer_are_for_one_architecture(template: Template, resources: Resources) -> None:
    parameter = template["Parameters"]["Architecture"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("x86_64", list(ARCHITECTURES))
    named = [
        resource["Properties"]["Architectures"] for resource in of_type(resources, "AWS::Lambda::Function").values()
    ]
    (layer,) = of_type(resources, "AWS::Lambda::LayerVersion").values()
    named.append(layer["Properties"]["CompatibleArchitectures"])
    assert named == [[{"Ref": "Architecture"}]] * len(named)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("target", ["build-RuntimeLayer", "build-DigitsFunction"])
def test_what_is_built_is_for_the_architecture_of_the_parameter(
    template: Template, request: pytest.FixtureRequest, architecture: str, target: str
) -> None:
    """As `sam build` does: the Makefile of ContextPath, in WorkingDirectory."""
    resource = template["Resources"][target.removeprefix("build-")]["Metadata"]
    file = resource["ContextPath"]["Fn::Sub"].replace("${Architecture}", architecture) + "/Makefile"
    command = ["make", "--dry-run", "--makefile", file, target, "PILOTLIGHT=pilotlight", "ARTIFACTS_DIR=into"]
    root = request.config.rootpath / resource["WorkingDirectory"]
    # These tests may run under make themselves, which then says where it works.
    environ = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    ran = subprocess.run(command, cwd=root, env=environ, check=True, capture_output=True, text=True)
    what = "--layer" if target == "build-RuntimeLayer" else "Digits"
    assert ran.stdout == f'pilotlight package {what} --architecture {architecture} --into "into"\n'


def test_who_only_serves_gets_nothing_of_training(template: Template) -> None:
    assert template["Parameters"]["Training"]["Default"] == "off"
    stacks = of_type(template["Resources"], "AWS::CloudFormation::Stack")
    assert {name: stack.get("Condition") for name, stack in stacks.items()} == {
        "Observability": None,
        "BearerStack": "BearerKeysOn",
        "FirewallStack": "FirewallOn",
        "ServiceStack": "ServiceOn",
        "CapturesStack": "CapturesOn",
        "TrainingStack": "TrainingOn",
        "UploadsStack": "UploadsOn",
    }
    outputs = {name: it for name, it in template["Outputs"].items() if name.startswith("Training")}
    assert {it["Condition"] for it in outputs.values()} == {"TrainingOn", "SeveralNodes"}
    assert {"TrainingQueue", "TrainingJobDefinition", "TrainingRepository", "TrainingLogGroup"} <= set(outputs)


def test_training_gets_only_what_it_takes_and_gives_what_is_passed_on(
    template: Template, request: pytest.FixtureRequest
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
    template: Template, request: pytest.FixtureRequest
) -> None:
    nested = read_template(request.config.rootpath / "infra" / "training.yaml")["Parameters"]
    passed = template["Resources"]["TrainingStack"]["Properties"]["Parameters"]
    assert {"MaxVcpus", "Gpus", "Vcpus", "MemoryMiB", "DiskGiB", "Attempts", "TimeoutSeconds"} <= set(passed)
    for name, value in passed.items():
        own = value["Ref"] if "Ref" in value else value["Fn::Join"][1]["Ref"]
        if own.startswith("Training"):
            assert own == f"Training{name}"
            assert template["Parameters"][own]["Default"] == nested[name]["Default"]
