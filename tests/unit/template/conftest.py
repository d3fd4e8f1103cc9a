from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType

import pytest
from samtranslator.translator.transform import transform
from support.templates import Resources, Template


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture
def expand(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Resources]:
    """SAM's transform: the resources that a template has once CloudFormation has expanded it with parameters."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def expanded(template: Template, parameters: Mapping[str, str] = MappingProxyType({})) -> Resources:
        template = deepcopy(template)
        for resource in template["Resources"].values():
            for uri in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
                resource["Properties"][uri] = "s3://uploaded/by-sam"
        resources: Resources = transform(template, dict(parameters), _NoManagedPolicies())["Resources"]
        return resources

    return expanded
