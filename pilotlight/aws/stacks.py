"""CloudFormation: the outputs of a deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Stacks:
    """The stacks of one account and region.

    Args:
        client: boto3's client of CloudFormation.
    """

    def __init__(self, client: CloudFormationClient) -> None:
        self._client = client

    def read_outputs(self, name: str) -> dict[str, str] | None:
        """Return the outputs of a stack by their keys; None where there is no such stack.

        Raises:
            RunError: The stack cannot be described.
        """
        with translate_errors(f"stack {name}", RunError, "CloudFormation"):
            try:
                stacks = self._client.describe_stacks(StackName=name)["Stacks"]
            except self._client.exceptions.ClientError as error:
                if get_error_code(error) == "ValidationError":  # "Stack with id NAME does not exist"
                    return None
                raise
        found = stacks[0].get("Outputs", []) if stacks else []
        return {output["OutputKey"]: output["OutputValue"] for output in found}
