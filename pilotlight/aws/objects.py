"""Objects in S3 without their content: their ETags and sizes, which tell whether data have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.client import parse_s3_url
from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.core.errors import DataError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects:
    """The objects at s3:// addresses. Every method raises DataError where they cannot be read.

    Args:
        client: boto3's client of S3.
    """

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def find(self, url: str) -> tuple[str, int] | None:
        """Return the ETag and the size in bytes of the object at `url`; None where there is none."""
        bucket, key = parse_s3_url(url)
        if not key or url.endswith("/"):
            return None
        with translate_errors(url, DataError):
            try:
                head = self._client.head_object(Bucket=bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                if get_error_code(error) in ("404", "NoSuchKey"):
                    return None
                raise
        return head["ETag"].strip('"'), head["ContentLength"]

    def list_prefix(self, url: str) -> list[tuple[str, str, int]]:
        """Return key, ETag and size in bytes of every object below the prefix `url`, sorted."""
        bucket, prefix = parse_s3_url(url)
        with translate_errors(url, DataError):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"{prefix}/" if prefix else ""
            )
            found = [item for page in pages for item in page.get("Contents", [])]
        return sorted((item["Key"], item["ETag"].strip('"'), item["Size"]) for item in found)
