"""A prefix of an S3 bucket as the place that a store lies in.

Conditional writes: `If-None-Match: *` makes S3 answer 412 where the key exists and 409 where another write of it is
under way (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"). S3 is strongly
consistent, so what was put is seen by the next read and listing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilotlight.aws.client import parse_s3_url
from pilotlight.aws.errors import error_code, reported
from pilotlight.aws.multipart import put_in_parts
from pilotlight.core.errors import DataError, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES: Final = 32 << 20
"""Files larger than this are sent in parts of this size; it also bounds the memory that a put takes."""

_WAITS: Final = (0.25, 0.5, 1.0, 2.0)
_TAKEN: Final = ("PreconditionFailed", "412")
_UNDER_WAY: Final = ("ConditionalRequestConflict", "409")
_ABSENT: Final = ("NoSuchKey", "404")


class S3Blobs:
    """Blobs under s3://bucket/prefix. part_bytes: see PART_BYTES, at least S3's 5 MiB. sleep: seconds."""

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        prefix: str,
        *,
        part_bytes: int = PART_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._part_bytes = part_bytes
        self._sleep = sleep

    @property
    def location(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put_file(self, name: str, source: Path) -> bool:
        if source.stat().st_size <= self._part_bytes:
            return self.put_bytes(name, source.read_bytes())
        if self._exists(name):  # the conditional write decides; this only spares sending what is there
            return False
        return self._put(
            lambda: put_in_parts(self._client, self._bucket, self._prefix + name, source, self._part_bytes)
        )

    def put_bytes(self, name: str, content: bytes) -> bool:
        key = self._prefix + name
        return self._put(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*"))

    def get_bytes(self, name: str) -> bytes | None:
        with self._reported():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None

    def get_file(self, name: str, target: Path) -> bool:
        with self._reported():
            return _download(self._client, self._bucket, self._prefix + name, target)

    def names(self, prefix: str) -> Iterator[str]:
        with self._reported():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        yield from sorted(key.removeprefix(self._prefix) for key in keys)

    def remove(self, name: str) -> None:
        with self._reported():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def _exists(self, name: str) -> bool:
        with self._reported():
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.ClientError as error:
                if error_code(error) in _ABSENT:
                    return False
                raise
            return True

    def _put(self, write: Callable[[], object]) -> bool:
        waits = iter(_WAITS)
        with self._reported():
            while True:
                try:
                    write()
                except self._client.exceptions.ClientError as error:
                    if error_code(error) in _TAKEN:
                        return False
                    wait = next(waits, None)
                    if wait is None or error_code(error) not in _UNDER_WAY:
                        raise
                    self._sleep(wait)
                else:
                    return True

    def _reported(self) -> AbstractContextManager[None]:
        return reported(self.location, StoreError)


def fetch_object(client: S3Client, url: str, target: Path) -> None:
    """Downloads s3://bucket/key to the file `target`, which appears once it is whole; DataError where it cannot."""
    with reported(url, DataError):
        bucket, key = parse_s3_url(url)
        if not _download(client, bucket, key, target):
            raise DataError(url, "does not exist", "Correct the address, or upload the object.")


def fetch_prefix(client: S3Client, url: str, folder: Path) -> None:
    """Downloads every object below s3://bucket/prefix/ to `folder`, under the rest of its key.

    DataError where there is none or one cannot be fetched, or where a key would leave the folder.
    """
    with reported(url, DataError):
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
            if not _download(client, bucket, key, target):
                hint = "Run the command again once nobody changes the data."
                raise DataError(f"s3://{bucket}/{key}", "was removed while the prefix was fetched", hint)


def _download(client: S3Client, bucket: str, key: str, target: Path) -> bool:
    try:
        client.download_file(bucket, key, str(target))
    except client.exceptions.ClientError as error:
        if error_code(error) in _ABSENT:
            return False
        raise
    return True
