"""Amazon ECR: whether an image has been pushed, and the password that Docker needs to push one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


class Images:
    """The private repositories of one region.

    Args:
        client: boto3's client of ECR.
    """

    def __init__(self, client: ECRClient) -> None:
        self._client = client

    def has(self, repository: str, tag: str) -> bool:
        """Return whether a repository holds an image with this tag.

        Args:
            repository: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME.
            tag: The image's tag.

        Raises:
            RunError: There is no such repository, or it cannot be read.
        """
        registry, _, name = repository.partition("/")
        with translate_errors(f"repository {repository}", RunError, "ECR"):
            try:
                found = self._client.describe_images(
                    registryId=registry.partition(".")[0], repositoryName=name, imageIds=[{"imageTag": tag}]
                )
            except self._client.exceptions.ImageNotFoundException:
                return False
        return bool(found["imageDetails"])

    def get_password(self, repository: str) -> str:
        """Return the password for `docker login --username AWS` at the registry of `repository`, valid for 12 hours.

        It is part of an authorization token, base64 of AWS:PASSWORD (ECR API Reference, GetAuthorizationToken).

        Raises:
            RunError: ECR gives no token.
        """
        with translate_errors(f"repository {repository}", RunError, "ECR"):
            token = self._client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        return base64.b64decode(token).decode().partition(":")[2]
