"""Resources that moto's CloudFormation does not know though moto has their services: alarms, canaries, metric filters.

Each is made by a call of its service's own API, as CloudFormation makes it, and botocore checks what the call takes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import boto3
from moto.cloudformation.models import Stack
from moto.codedeploy import responses as codedeploy
from moto.codedeploy.models import DeploymentGroup
from moto.core.common_models import CloudFormationModel


class _Known(NamedTuple):
    """How a resource is made. service, operation: the API's. name: the call's argument for the resource's name."""

    service: str
    operation: str
    name: str
    arguments: Callable[[dict[str, Any]], dict[str, Any]]


def _lower(value: Any) -> Any:
    """CloudFormation's names as the APIs of CodeDeploy and CloudWatch Logs write them: lower-case at the beginning."""
    if isinstance(value, list):
        return [_lower(each) for each in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _lower(each) for name, each in value.items()}
    return value


def _metric_filter(properties: dict[str, Any]) -> dict[str, Any]:
    transformations = [
        {**_lower(it), "dimensions": {each["Key"]: each["Value"] for each in it.get("Dimensions", [])}}
        for it in properties["MetricTransformations"]
    ]
    return {**_lower(properties), "metricTransformations": transformations}


_KNOWN = {
    "AWS::CloudWatch::Alarm": _Known("cloudwatch", "put_metric_alarm", "AlarmName", dict),
    "AWS::Logs::MetricFilter": _Known("logs", "put_metric_filter", "filterName", _metric_filter),
    "AWS::CodeDeploy::Application": _Known("codedeploy", "create_application", "applicationName", _lower),
    "AWS::CodeDeploy::DeploymentGroup": _Known("codedeploy", "create_deployment_group", "deploymentGroupName", _lower),
}


def _model(kind: str, known: _Known, endpoint: str) -> type[CloudFormationModel]:
    def create(
        _: type, name: str, resource: dict[str, Any], _account: str, region: str, **_more: Any
    ) -> CloudFormationModel:
        session = boto3.Session("invented", "invented", region_name=region)
        client = session.client(known.service, endpoint_url=endpoint)
        arguments = known.arguments(resource["Properties"])
        getattr(client, known.operation)(**arguments, **{known.name: name})
        made: CloudFormationModel = model()
        made.physical_resource_id = name
        return made

    attributes = {
        "__module__": f"moto.{known.service}.models",  # moto files a model under the service that its module names
        "cloudformation_name_type": staticmethod(lambda: ""),
        "cloudformation_type": staticmethod(lambda: kind),
        "create_from_cloudformation_json": classmethod(create),
    }
    model = type(kind.rpartition(":")[2], (CloudFormationModel,), attributes)
    return model


def teach_moto(endpoint: str) -> list[type[CloudFormationModel]]:
    """Makes moto's CloudFormation know these resources. endpoint: where this moto's server answers.

    moto finds the models among its base class' subclasses as long as they are kept.
    """
    Stack.get_cfn_attribute = _output
    codedeploy._deployment_group_info = _with_alarms(codedeploy._deployment_group_info)
    return [_model(kind, known, endpoint) for kind, known in _KNOWN.items()]


def _output(stack: Stack, attribute: str) -> Any:
    """An output of a nested stack: Outputs.NAME."""
    return stack.output_map[attribute.removeprefix("Outputs.")].value


def _with_alarms(described: Callable[[DeploymentGroup], dict[str, Any]]) -> Callable[[DeploymentGroup], dict[str, Any]]:
    """moto keeps the alarms of a deployment group and does not tell them."""
    return lambda group: {**described(group), "alarmConfiguration": group.alarm_configuration}
