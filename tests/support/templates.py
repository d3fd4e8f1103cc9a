"""Reads CloudFormation templates, short forms such as !Ref included."""

import re
from pathlib import Path
from typing import Any

from moto.cloudformation.utils import yaml_tag_constructor
from yaml import SafeLoader, add_multi_constructor, load

Template = dict[str, Any]
Resources = dict[str, dict[str, Any]]


class _Loader(SafeLoader):
    """YAML with CloudFormation's short forms such as !Ref."""


add_multi_constructor("", yaml_tag_constructor, Loader=_Loader)


def read_template(path: Path) -> Template:
    """The template in the file at `path`, its short forms written out."""
    return parse_template(path.read_text())


def parse_template(text: str) -> Template:
    """The template that `text` is, its short forms written out."""
    document: Template = load(text, _Loader)  # noqa: S506  (derives from SafeLoader)
    return document


def of_type(resources: Resources, kind: str) -> Resources:
    """Those of `resources` that have the type `kind`."""
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def operations(resources: Resources) -> dict[str, dict[str, Any]]:
    """What the REST API does, by method and path: "get /v2", "any /{proxy+}"."""
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    return {
        f"{method.replace('x-amazon-apigateway-any-method', 'any')} {path}": operation
        for path, methods in api["Properties"]["Body"]["paths"].items()
        for method, operation in methods.items()
    }


def resolved(value: Any, known: dict[str, str]) -> Any:
    """`value` with each Ref and Fn::Sub replaced by what `known` says of its names."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return known[value["Ref"]]
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        return re.sub(r"\$\{([^}]+)\}", lambda match: known[match[1]], value["Fn::Sub"])
    return value
