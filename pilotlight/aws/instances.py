"""EC2 and ECS: instance types, and the instance that a container ran on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecs import ECSClient

_GONE: Final = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")


class Instances:
    """The instances of one account and region. Every method raises RunError where AWS refuses the request.

    Args:
        ec2: boto3's client of EC2.
        ecs: boto3's client of ECS.
    """

    def __init__(self, ec2: EC2Client, ecs: ECSClient) -> None:
        self._ec2 = ec2
        self._ecs = ecs

    def describe_types(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        """Return the InstanceTypeInfo of every type in `names`: g5.xlarge is one type, g5 its whole family."""
        patterns = [name if "." in name else f"{name}.*" for name in names]
        with translate_errors("instance types", RunError, "EC2"):
            pages = self._ec2.get_paginator("describe_instance_types").paginate(
                Filters=[{"Name": "instance-type", "Values": patterns}]
            )
            return [described for page in pages for described in page["InstanceTypes"]]

    def describe_instance(self, container_instance: str) -> Mapping[str, Any] | None:
        """Return EC2's Instance behind the ARN of an ECS container instance; None once it is gone."""
        # arn:aws:ecs:REGION:ACCOUNT:container-instance/CLUSTER/ID
        parts = container_instance.split("/")
        if len(parts) != 3:
            return None
        with translate_errors(f"container instance {parts[2]}", RunError, "ECS"):
            try:
                found = self._ecs.describe_container_instances(cluster=parts[1], containerInstances=[parts[2]])
            except self._ecs.exceptions.ClusterNotFoundException:
                return None
        ids = [item["ec2InstanceId"] for item in found["containerInstances"] if item.get("ec2InstanceId")]
        return self._describe(ids[0]) if ids else None

    def _describe(self, instance: str) -> Mapping[str, Any] | None:
        with translate_errors(f"instance {instance}", RunError, "EC2"):
            try:
                reservations = self._ec2.describe_instances(InstanceIds=[instance])["Reservations"]
            except self._ec2.exceptions.ClientError as error:
                if get_error_code(error) in _GONE:
                    return None
                raise
        return reservations[0]["Instances"][0] if reservations else None
