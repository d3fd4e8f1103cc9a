"""CloudFormation: what a deployed stack says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.errors import error_code, reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, client: CloudFormationClient) -> None:
        self._client = client

    def outputs(self, name: str) -> dict[str, str] | None:
        """The outputs of the stack `name` by their keys; None where there is no such stack, else RunError."""
        with reported(f"stack {name}", RunError, "CloudFormation"):
            try:
                stacks = self._client.describe_stacks(StackName=name)["Stacks"]
            except self._client.exceptions.ClientError as error:
                if error_code(error) == "ValidationError":  # "Stack with id NAME does not exist"
                    return None
                raise
        found = stacks[0].get("Outputs", []) if stacks else []
        return {output["OutputKey"]: output["OutputValue"] for output in found}
