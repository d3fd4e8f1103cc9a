"""moto's server, which expands AWS SAM templates as CloudFormation does. Usage: moto_with_sam.py PORT.

moto reads a template as it is; the transform AWS::Serverless is a service of CloudFormation's that AWS publishes as
aws-sam-translator. Each template is put through it before moto looks at it. moto's CloudFormation also knows no Lambda
alias, no attributes of a Lambda version and no routes of a REST API, though moto itself has them all: the one is handed
to the other here, and in moto_resources for the resources that a call of their service's API makes.
"""

import sys
from collections.abc import Callable
from typing import Any

from moto.apigateway.models import RestAPI, apigateway_backends
from moto.awslambda.models import LambdaAlias, LambdaVersion, lambda_backends
from moto.cloudformation.models import ChangeSet, Stack
from moto.core.common_models import CloudFormationModel
from moto.server import main
from moto_resources import teach_moto
from samtranslator.translator.transform import transform

ANY_METHOD = "x-amazon-apigateway-any-method"


class _NoManagedPolicies:
    """The functions name their own roles, so that no managed policy has to be looked up in IAM."""

    def load(self) -> dict[str, str]:
        return {}


class Alias(CloudFormationModel):
    """AWS::Lambda::Alias; moto finds it among its base class' subclasses. Ref gives the alias' ARN, as in AWS."""

    __module__ = "moto.awslambda.models"  # moto files a model under the service that its module names

    def __init__(self, alias: LambdaAlias) -> None:
        self._alias = alias

    @property
    def physical_resource_id(self) -> str:
        return self._alias.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(
        cls, _resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "Alias":
        properties = cloudformation_json["Properties"]
        backend = lambda_backends[account_id][region_name]
        function, version = properties["FunctionName"], properties["FunctionVersion"]
        return cls(backend.create_alias(properties["Name"], function, version, "", ""))


def _with_routes(create: Callable[..., RestAPI]) -> Callable[..., RestAPI]:
    """Makes a REST API with the methods of its body; moto refuses to deploy one that has none."""

    def create_with_routes(name: str, resource: dict[str, Any], account: str, region: str, **kwargs: Any) -> RestAPI:
        api = create(name, resource, account, region, **kwargs)
        body = dict(resource["Properties"]["Body"])
        body["paths"] = {
            path: {method.replace(ANY_METHOD, "any"): what for method, what in methods.items()}
            for path, methods in body["paths"].items()
        }
        return apigateway_backends[account][region].put_rest_api(api.id, body, fail_on_warnings=False)

    return create_with_routes


def _version_attribute(version: LambdaVersion, name: str) -> str:
    return {"Version": str(version.version)}[name]


def _expanding(owner: type) -> None:
    parse = owner._parse_template

    def parse_and_expand(self: Any) -> None:
        parse(self)
        if "Transform" in self.template_dict:
            # A Stack that is made without a change set reads its template before it has its parameters.
            parameters = dict(getattr(self, "parameters", None) or {})
            self.template_dict = transform(self.template_dict, parameters, _NoManagedPolicies())

    owner._parse_template = parse_and_expand


if __name__ == "__main__":
    LambdaVersion.get_cfn_attribute = _version_attribute
    RestAPI.create_from_cloudformation_json = staticmethod(_with_routes(RestAPI.create_from_cloudformation_json))
    _expanding(Stack)
    _expanding(ChangeSet)
    kept = teach_moto(f"http://127.0.0.1:{sys.argv[1]}")
    main(["--host", "127.0.0.1", "--port", sys.argv[1]])
