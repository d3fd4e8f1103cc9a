"""Downloads objects and prefixes of S3 as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilotlight.aws.client import parse_s3_url
from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.core.errors import DataError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT: Final = ("NoSuchKey", "404")
"""The codes with which S3 says that there is no such object."""


def download_object(client: S3Client, url: str, target: Path) -> None:
    """Download an object to a file, which appears once it is complete.

    Args:
        client: boto3's client of S3.
        url: s3://bucket/key.
        target: The file.

    Raises:
        DataError: There is no such object, or it cannot be downloaded.
    """
    with translate_errors(url, DataError):
        bucket, key = parse_s3_url(url)
        if not download(client, bucket, key, target):
            raise DataError(url, "does not exist", "Correct the address, or upload the object.")


def download_prefix(client: S3Client, url: str, folder: Path) -> None:
    """Download every object below a prefix, each to the file that the rest of its key names.

    Args:
        client: boto3's client of S3.
        url: s3://bucket/prefix/.
        folder: The folder in which the files are created.

    Raises:
        DataError: There is no object, one cannot be downloaded, or a key would leave the folder.
    """
    with translate_errors(url, DataError):
        bucket, prefix = parse_s3_url(url)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/" if prefix else "")
        keys = [item["Key"] for page in pages for item in page.get("Contents", []) if not item["Key"].endswith("/")]
        if not keys:
            raise DataError(url, "holds no objects", "Correct the address, or upload the data.")
        for key in keys:
            target = folder / key.removeprefix(f"{prefix}/")
            if not target.resolve().is_relative_to(folder.resolve()):
                raise DataError(f"s3://{bucket}/{key}", "names a place outside the prefix", "Remove that object.")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not download(client, bucket, key, target):
                hint = "Run the command again when nobody changes the data."
                raise DataError(f"s3://{bucket}/{key}", "was deleted during the download", hint)


def download(client: S3Client, bucket: str, key: str, target: Path) -> bool:
    """Download an object to a file; return False where there is no such object.

    Raises:
        ClientError: S3 refuses the request.
    """
    try:
        client.download_file(bucket, key, str(target))
    except client.exceptions.ClientError as error:
        if get_error_code(error) in ABSENT:
            return False
        raise
    return True
