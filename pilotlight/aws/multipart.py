"""A large object, sent in parts, that appears at once and only if nothing has its name.

boto3's own upload_file takes no IfNoneMatch, so the parts are sent here. A part that fails is sent again by botocore,
which a single put of hundreds of megabytes would have to begin anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_MOST_PARTS: Final = 10_000


def put_in_parts(client: S3Client, bucket: str, key: str, source: Path, part_bytes: int) -> None:
    """Sends `source` in parts of `part_bytes`, larger where S3's limit of 10,000 parts asks for it.

    Nothing is visible before the last call, which is conditional: a taken name raises ClientError with the code
    PreconditionFailed. Whatever goes wrong, the parts are deleted, so that none stay and cost.
    """
    part_bytes = max(part_bytes, -(-source.stat().st_size // _MOST_PARTS))
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    try:
        parts: list[CompletedPartTypeDef] = []
        for number, content in enumerate(_parts(source, part_bytes), start=1):
            sent = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=content)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        client.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise


def _parts(source: Path, part_bytes: int) -> Iterator[bytes]:
    with source.open("rb") as file:
        while content := file.read(part_bytes):
            yield content
