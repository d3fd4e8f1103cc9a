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
    from mypy_boto3_s3.type_defs import CompletedMultipartUploadTypeDef, CompletedPartTypeDef

_MAX_PARTS: Final = 10_000


def put_in_parts(
    client: S3Client, bucket: str, key: str, source: Path, part_bytes: int, *, only_if_absent: bool = True
) -> None:
    """Send a file in parts.

    Nothing is visible before the last request. Whatever goes wrong, the parts are deleted, so
    that none stay and cost money.

    Args:
        client: boto3's client of S3.
        bucket: The bucket's name.
        key: The object's key.
        source: The file.
        part_bytes: The size of a part, which is larger where S3's limit of 10,000 parts requires it.
        only_if_absent: Whether the last request fails where the key exists.

    Raises:
        ClientError: S3 refuses a request. The code is PreconditionFailed where the name is taken.
    """
    part_bytes = choose_part_bytes(source, part_bytes)
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    try:
        parts: list[CompletedPartTypeDef] = []
        for number, content in enumerate(read_parts(source, part_bytes), start=1):
            sent = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=content)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        finished: CompletedMultipartUploadTypeDef = {"Parts": parts}
        if only_if_absent:
            client.complete_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=finished, IfNoneMatch="*"
            )
        else:
            client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=finished)
    except BaseException:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise


def choose_part_bytes(source: Path, part_bytes: int) -> int:
    """Return the size of a part: `part_bytes`, or more where S3's limit of 10,000 parts requires it."""
    return max(part_bytes, -(-source.stat().st_size // _MAX_PARTS))


def read_parts(source: Path, part_bytes: int) -> Iterator[bytes]:
    """Yield the content of a file in parts."""
    with source.open("rb") as file:
        while content := file.read(part_bytes):
            yield content
