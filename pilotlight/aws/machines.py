"""EC2 and ECS: which kinds of instance there are, and which one a container ran on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pilotlight.aws.errors import error_code, reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecs import ECSClient

_GONE: Final = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")


class Machines:
    """The instances of one account and region. RunError where they may not be described."""

    def __init__(self, ec2: EC2Client, ecs: ECSClient) -> None:
        self._ec2 = ec2
        self._ecs = ecs

    def types(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        """InstanceTypeInfo of every type that `names` covers: g5.xlarge is one, g5 every one of its family."""
        patterns = [name if "." in name else f"{name}.*" for name in names]
        with reported("instance types", RunError, "EC2"):
            pages = self._ec2.get_paginator("describe_instance_types").paginate(
                Filters=[{"Name": "instance-type", "Values": patterns}]
            )
            return [kind for page in pages for kind in page["InstanceTypes"]]

    def instance(self, container_instance: str) -> Mapping[str, Any] | None:
        """Instance of EC2's API behind the ARN of an ECS container instance; None once it is gone."""
        # arn:aws:ecs:REGION:ACCOUNT:container-instance/CLUSTER/ID
        parts = container_instance.split("/")
        if len(parts) != 3:
            return None
        with reported(f"container instance {parts[2]}", RunError, "ECS"):
            try:
                found = self._ecs.describe_container_instances(cluster=parts[1], containerInstances=[parts[2]])
            except self._ecs.exceptions.ClusterNotFoundException:
                return None
        ids = [item["ec2InstanceId"] for item in found["containerInstances"] if item.get("ec2InstanceId")]
        return self._described(ids[0]) if ids else None

    def _described(self, instance: str) -> Mapping[str, Any] | None:
        with reported(f"instance {instance}", RunError, "EC2"):
            try:
                reservations = self._ec2.describe_instances(InstanceIds=[instance])["Reservations"]
            except self._ec2.exceptions.ClientError as error:
                if error_code(error) in _GONE:
                    return None
                raise
        return reservations[0]["Instances"][0] if reservations else None
