"""The S3 client, made where a command needs it, and the addresses it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.errors import reported
from pilotlight.core.errors import StoreError

if TYPE_CHECKING:  # boto3 is an extra; its stubs are a development tool
    from mypy_boto3_s3 import S3Client


def s3_client() -> S3Client:
    """A client with the credentials, region and endpoint of the environment; StoreError where boto3 is missing."""
    try:
        import boto3  # noqa: PLC0415  (300 ms, and an extra)
        from botocore.config import Config  # noqa: PLC0415  (as above)
    except ImportError as error:
        raise StoreError("s3://", "boto3 is not installed", "Run `pip install 'pilotlight[aws]'`.") from error
    with reported("s3://", StoreError):
        return boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))


def parse_s3_url(url: str) -> tuple[str, str]:
    """The bucket and the key or prefix of s3://bucket/key, with no slash at either end; StoreError for another form."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket:
        raise StoreError(url, "is not an address in S3", "Write s3://bucket/prefix.")
    return bucket, key.strip("/")
