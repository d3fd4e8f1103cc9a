"""The longest name of a model fits into the limits of AWS, with the longest project and stage of the template."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.templates import parse_template

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_names import check_model_name
from pilotlight.scaffold import add_function

LONGEST = "x" * 40
PROJECT, STAGE = "p" * 31, "s" * 16
LIMITS = {"LogGroupName": 512, "MetricName": 255, "Namespace": 255, "MetricNamespace": 255}
"""Characters: CloudWatch Logs, CloudWatch. A logical ID has 255 at most."""
TEMPLATES = ("pilotlight/scaffold/files/template.yaml", "tests/fixtures/old_project/template.yaml")


def added(path: Path) -> dict[str, dict[str, Any]]:
    before = path.read_text()
    there = parse_template(before)["Resources"]
    resources = parse_template(add_function(before, LONGEST))["Resources"]
    return {name: resource for name, resource in resources.items() if name not in there}


def named(value: object, key: str) -> list[str]:
    """Every text below `value` that stands under `key`."""
    if isinstance(value, list):
        return [each for part in value for each in named(part, key)]
    if not isinstance(value, dict):
        return []
    found = [each for part in value.values() for each in named(part, key)]
    here = value.get(key)
    text = here.get("Fn::Sub") if isinstance(here, dict) else here
    return [*found, *([text] if isinstance(text, str) else [])]


def test_a_longer_name_is_refused() -> None:
    assert check_model_name(LONGEST) == LONGEST
    with pytest.raises(ProjectError, match="at most 40 characters"):
        check_model_name(f"{LONGEST}x")


@pytest.mark.parametrize("template", TEMPLATES)
def test_logical_ids_fit(request: pytest.FixtureRequest, template: str) -> None:
    ids = added(request.config.rootpath / template)
    assert ids
    assert all(re.fullmatch(r"[A-Za-z0-9]{1,255}", each) for each in ids)


@pytest.mark.parametrize("template", TEMPLATES)
def test_given_names_fit(request: pytest.FixtureRequest, template: str) -> None:
    for key, limit in LIMITS.items():
        for text in named(added(request.config.rootpath / template), key):
            assert len(text.replace("${ProjectName}", PROJECT).replace("${Stage}", STAGE)) <= limit, key


@pytest.mark.parametrize("template", TEMPLATES)
def test_cloudformation_makes_the_names_with_shorter_limits(request: pytest.FixtureRequest, template: str) -> None:
    """It cuts the names of functions and roles to 64 characters itself, and the names of alarms to 255."""
    resources = added(request.config.rootpath / template)
    given = {(each["Type"], key) for each in resources.values() for key in each["Properties"]}
    assert not given & {
        ("AWS::Serverless::Function", "FunctionName"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::CloudWatch::Alarm", "AlarmName"),
    }
