"""ECR: whether an image has been pushed, and what Docker needs to push one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


class Images:
    """The private repositories of one region."""

    def __init__(self, client: ECRClient) -> None:
        self._client = client

    def has(self, repository: str, tag: str) -> bool:
        """True where ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME holds an image with this tag.

        RunError where there is no such repository or it may not be read.
        """
        registry, _, name = repository.partition("/")
        with reported(f"repository {repository}", RunError, "ECR"):
            try:
                found = self._client.describe_images(
                    registryId=registry.partition(".")[0], repositoryName=name, imageIds=[{"imageTag": tag}]
                )
            except self._client.exceptions.ImageNotFoundException:
                return False
        return bool(found["imageDetails"])

    def password(self, repository: str) -> str:
        """What `docker login --username AWS` takes for the registry of `repository`, for twelve hours.

        It is part of an authorization token, base64 of AWS:PASSWORD (ECR API Reference, GetAuthorizationToken).
        RunError where none is given.
        """
        with reported(f"repository {repository}", RunError, "ECR"):
            token = self._client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        return base64.b64decode(token).decode().partition(":")[2]
