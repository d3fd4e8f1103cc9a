from collections.abc import Callable
from copy import deepcopy

import pytest
from samtranslator.translator.transform import transform
from support.templates import Resources, Template


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture
def expand(monkeypatch: pytest.MonkeyPatch) -> Callable[[Template], Resources]:
    """SAM's transform: the resources that a template has once CloudFormation has expanded it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def expanded(template: Template) -> Resources:
        template = deepcopy(template)
        for resource in template["Resources"].values():
            for uri in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
                resource["Properties"][uri] = "s3://uploaded/by-sam"
        resources: Resources = transform(template, {}, _NoManagedPolicies())["Resources"]
        return resources

    return expanded
