"""The parameter BearerKeys: a key as OpenAI's clients send it, found by an authorizer and checked by API Gateway."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from support.templates import Resources, Template, operations, read_template

from pilotlight.scaffold import FunctionNeeds, add_function

ARN = "arn:aws:execute-api:eu-central-1:123456789012:abc/dev/POST/v1/chat/completions"


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(params=["template.yaml", "pilotlight/scaffold/files/template.yaml"])
def template(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / request.param)


@pytest.fixture
def nested(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "bearer.yaml")


@pytest.fixture
def handler(nested: Template) -> Callable[[dict[str, Any], object], dict[str, Any]]:
    """The authorizer's code, as it stands in the nested stack."""
    names: dict[str, Any] = {}
    exec(nested["Resources"]["Authorizer"]["Properties"]["Code"]["ZipFile"], names)  # noqa: S102  (our own code)
    found: Callable[[dict[str, Any], object], dict[str, Any]] = names["handler"]
    return found


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"Authorization": "Bearer sk-1"}, "sk-1"),
        ({"authorization": "bearer   sk-1 "}, "sk-1"),
        ({"X-Api-Key": "sk-2"}, "sk-2"),
        ({"x-api-key": " sk-2 "}, "sk-2"),
        ({"x-api-key": "sk-2", "Authorization": "Bearer sk-1"}, "sk-2"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "none"),
        ({"Authorization": "Bearer"}, "none"),
        ({"Authorization": "Bearer "}, "none"),
        ({"Authorization": ""}, "none"),
        ({}, "none"),
        (None, "none"),
    ],
)
def test_the_key_is_that_of_either_header(
    handler: Callable[[dict[str, Any], object], dict[str, Any]], headers: dict[str, str] | None, key: str
) -> None:
    answer = handler({"headers": headers, "methodArn": ARN}, None)
    assert answer["usageIdentifierKey"] == key
    assert answer["principalId"] == "caller"  # which is logged: it must not tell the key
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ARN}


def test_its_role_may_write_its_log_and_nothing_else(nested: Template) -> None:
    resources = nested["Resources"]
    (policy,) = resources["AuthorizerRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": ["AuthorizerLogGroup", "Arn"]}
    assert resources["Authorizer"]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "AuthorizerLogGroup"}


def expanded(template: Template, parameters: dict[str, str]) -> Resources:
    template = deepcopy(template)
    for resource in template["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
            resource["Properties"][uri] = "s3://uploaded/by-sam"
    resources: Resources = transform(template, parameters, _NoManagedPolicies())["Resources"]
    return resources


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.mark.usefixtures("region")
def test_every_operation_asks_for_a_key_and_for_the_authorizer_only_where_it_is_on(template: Template) -> None:
    off, on = (operations(expanded(template, parameters)) for parameters in ({}, {"BearerKeys": "on"}))
    assert off.keys() == on.keys()
    for name in off:
        assert off[name]["security"] == [{"api_key": []}], name
        assert on[name]["security"] == [{"on": []}, {"api_key": []}], name


@pytest.mark.usefixtures("region")
def test_neither_header_is_demanded_and_no_answer_is_kept(template: Template) -> None:
    """With caching, API Gateway answers 401 by itself where one of the identity sources is missing."""
    api = expanded(template, {"BearerKeys": "on"})["Api"]["Properties"]
    authorizer = api["Body"]["components"]["securitySchemes"]["on"]["x-amazon-apigateway-authorizer"]
    assert authorizer["authorizerResultTtlInSeconds"] == 0
    assert "identitySource" not in authorizer
    assert authorizer["type"] == "request"
    assert api["ApiKeySourceType"] == {"Fn::If": ["BearerKeysOn", "AUTHORIZER", "HEADER"]}


@pytest.mark.usefixtures("region")
def test_where_it_is_off_there_is_no_function_and_no_permission(template: Template) -> None:
    resources = expanded(template, {})
    assert template["Parameters"]["BearerKeys"]["Default"] == ""
    for name in ("BearerStack", "BearerPermission"):
        assert resources[name]["Condition"] == "BearerKeysOn"
    assert not [name for name in resources if "Authorizer" in name]  # SAM makes no permission of its own


def test_a_language_model_needs_nothing_more_for_it(request: pytest.FixtureRequest) -> None:
    path: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    added = add_function(path.read_text(), "chat", needs=FunctionNeeds("generate"))
    assert "authorizer" not in added.replace(path.read_text(), "").lower().partition("# ---- model chat")[2]
