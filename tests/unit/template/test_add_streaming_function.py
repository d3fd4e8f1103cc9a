"""The block and the routes of a model that streams."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.templates import Resources, Template, operations, parse_template

from pilotlight.scaffold import add_function

ROUTES = (
    "get /v2/models/chat",
    "any /v2/models/chat/{proxy+}",
    "get /v1/models/chat",
    "post /v1/models/chat:predict",
    "any /v1/models/chat/{proxy+}",
)
ARN = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """The template that `init` writes."""
    path: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    return path.read_text()


def either(value: dict[str, Any]) -> tuple[Any, Any]:
    """What an Fn::If gives with Pilotlight's client, and with AWS's."""
    condition, own, aws = value["Fn::If"]
    assert condition == "OwnRuntimeClient"
    return own, aws


def test_every_route_streams_where_pilotlights_client_answers(
    template: str, expand: Callable[[Template], Resources]
) -> None:
    found = operations(expand(parse_template(add_function(template, "chat", stream=True))))
    for route in ROUTES:
        integration = found[route]["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
        assert either(integration["responseTransferMode"]) == ("STREAM", "BUFFERED")
        assert either(integration["timeoutInMillis"]) == (900_000, 29_000)
        assert [uri["Fn::Sub"] for uri in either(integration["uri"])] == [
            f"{ARN}/2021-11-15/functions/${{ChatFunction.Arn}}:live/response-streaming-invocations",
            f"{ARN}/2015-03-31/functions/${{ChatFunction.Arn}}:live/invocations",
        ]
        assert found[route]["security"] == [{"api_key": []}]


def test_the_function_may_run_as_long_as_its_routes_wait(
    template: str, expand: Callable[[Template], Resources]
) -> None:
    resources = expand(parse_template(add_function(template, "chat", stream=True)))
    assert either(resources["ChatFunction"]["Properties"]["Timeout"]) == (900, 29)


def test_other_models_stay_as_they_are(template: str) -> None:
    plain = add_function(template, "spam")
    assert "STREAM" not in plain
    assert "Timeout: !If" not in plain
    added = iter(add_function(plain, "chat", stream=True).splitlines())
    assert all(line in added for line in plain.splitlines())


def test_adding_twice_changes_nothing(template: str) -> None:
    once = add_function(template, "chat", stream=True)
    assert add_function(once, "chat", stream=True) == once


def test_routes_do_not_stream_where_only_awss_client_answers(template: str) -> None:
    older = template.replace("  OwnRuntimeClient:", "  Renamed:")
    assert older != template
    assert add_function(older, "chat", stream=True) == add_function(older, "chat")


def test_the_function_url_of_the_guide_is_one_that_sam_knows(
    request: pytest.FixtureRequest, template: str, expand: Callable[[Template], Resources]
) -> None:
    guide = (request.config.rootpath / "docs" / "streaming.md").read_text()
    lines = guide.split("```yaml\n")[1].split("```")[0]
    changed = parse_template(add_function(template, "chat", stream=True))
    changed["Resources"]["ChatFunction"]["Properties"] |= parse_template(lines)
    resources = expand(changed)
    assert resources["ChatFunctionUrl"]["Properties"] == {
        "TargetFunctionArn": {"Ref": "ChatFunctionAliaslive"},
        "AuthType": "AWS_IAM",
        "InvokeMode": "RESPONSE_STREAM",
    }
