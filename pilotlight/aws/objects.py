"""Objects in S3 without their content: what says whether they have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.client import parse_s3_url
from pilotlight.aws.errors import error_code, reported
from pilotlight.core.errors import DataError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects:
    """What lies at s3:// addresses. DataError where they may not be read."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def one(self, url: str) -> tuple[str, int] | None:
        """ETag and size in bytes of the object at `url`, None where there is none."""
        bucket, key = parse_s3_url(url)
        if not key or url.endswith("/"):
            return None
        with reported(url, DataError):
            try:
                head = self._client.head_object(Bucket=bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                if error_code(error) in ("404", "NoSuchKey"):
                    return None
                raise
        return head["ETag"].strip('"'), head["ContentLength"]

    def below(self, url: str) -> list[tuple[str, str, int]]:
        """Key, ETag and size in bytes of every object below the prefix `url`, sorted; empty where there is none."""
        bucket, prefix = parse_s3_url(url)
        with reported(url, DataError):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"{prefix}/" if prefix else ""
            )
            found = [item for page in pages for item in page.get("Contents", [])]
        return sorted((item["Key"], item["ETag"].strip('"'), item["Size"]) for item in found)
