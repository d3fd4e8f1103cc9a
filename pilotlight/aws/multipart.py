"""Sends a large object in parts. The object appears as a whole, and only if its name is free.

boto3's own upload_file takes no IfNoneMatch, so the parts are sent here. botocore repeats a part that fails; a single
request of hundreds of megabytes would start over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_MAX_PARTS: Final = 10_000


def put_in_parts(client: S3Client, bucket: str, key: str, source: Path, part_bytes: int) -> None:
    """Send a file in parts.

    Nothing is visible before the last request, which is conditional. Whatever goes wrong, the parts are deleted, so
    that none stay and cost money.

    Args:
        client: boto3's client of S3.
        bucket: The bucket's name.
        key: The object's key.
        source: The file.
        part_bytes: The size of a part, which is larger where S3's limit of 10,000 parts requires it.

    Raises:
        ClientError: S3 refuses a request. The code is PreconditionFailed where the name is taken.
    """
    part_bytes = max(part_bytes, -(-source.stat().st_size // _MAX_PARTS))
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    try:
        parts: list[CompletedPartTypeDef] = []
        for number, content in enumerate(_read_parts(source, part_bytes), start=1):
            sent = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=content)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        client.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise


def _read_parts(source: Path, part_bytes: int) -> Iterator[bytes]:
    with source.open("rb") as file:
        while content := file.read(part_bytes):
            yield content
