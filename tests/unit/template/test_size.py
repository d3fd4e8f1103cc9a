"""What a model costs: lines of template.yaml, and resources of the stack as SAM's transform makes them.

Everything counts that is in the stack after the transform: versions, aliases, permissions and deployment groups too.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.templates import Resources, Template, of_type, operations, parse_template

from pilotlight.scaffold import add_function

MODELS = 70
LINES, RESOURCES = 30, 6
STACK = 500
"""Resources of one stack: AWS CloudFormation User Guide, "CloudFormation quotas"."""
LARGEST = 1024 * 1024
"""Bytes of a template, which the transformed one may not exceed either: the same page."""

Expand = Callable[[Template], Resources]


@pytest.fixture
def empty(request: pytest.FixtureRequest) -> str:
    """The template of a project without models."""
    path: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    return path.read_text()


@pytest.fixture
def old(request: pytest.FixtureRequest) -> str:
    """The template of a project that an earlier `init` made."""
    path: Path = request.config.rootpath / "tests" / "fixtures" / "old_project" / "template.yaml"
    return path.read_text()


def with_models(template: str, count: int) -> str:
    """`template` with `count` models of names as long as they may be."""
    for number in range(count):
        template = add_function(template, f"a-model-with-a-name-of-forty-letters-{number:03}")
    return template


def test_a_model_costs_at_most_30_lines_blank_ones_included(empty: str) -> None:
    added = len(add_function(empty, "digits").splitlines()) - len(empty.splitlines())
    assert added <= LINES


def test_a_model_costs_six_resources(empty: str, expand: Expand) -> None:
    without, one = (of(expand, with_models(empty, count)) for count in (0, 1))
    assert dict(one - without) == {
        "AWS::Lambda::Function": 1,
        "AWS::Lambda::Version": 1,
        "AWS::Lambda::Alias": 1,
        "AWS::Lambda::Permission": 1,
        "AWS::CodeDeploy::DeploymentGroup": 1,
        "AWS::CloudWatch::Alarm": 1,
    }
    assert (one - without).total() == RESOURCES


def of(expand: Expand, template: str) -> Counter[str]:
    """How many resources of each type the template has after the transform."""
    return Counter(resource["Type"] for resource in expand(parse_template(template)).values())


def test_70_models_fit_into_one_stack(empty: str, expand: Expand) -> None:
    template = with_models(empty, MODELS)
    resources = expand(parse_template(template))
    assert len(of_type(resources, "AWS::Lambda::Function")) == MODELS + 1
    assert len(of_type(resources, "AWS::CodeDeploy::DeploymentGroup")) == MODELS + 1
    assert len(operations(resources)) == 5 * MODELS + 3
    assert len(resources) <= STACK
    written_out = json.dumps(parse_template(template))
    assert len(written_out) < LARGEST
    assert len(json.dumps({"Resources": resources})) < LARGEST


def test_a_model_of_an_earlier_template_costs_13(old: str, expand: Expand) -> None:
    more = of(expand, add_function(old, "another")) - of(expand, old)
    assert more.total() == 13
    assert more["AWS::Lambda::Permission"] == 5
