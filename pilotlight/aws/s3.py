"""A prefix of an S3 bucket as the place of a store.

Conditional writes: `If-None-Match: *` makes S3 answer 412 where the key exists and 409 where another write of it is
under way (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"). S3 is strongly
consistent, so the next read and the next listing see what was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilotlight.aws.download import ABSENT, download
from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.aws.etags import compute_etags
from pilotlight.aws.multipart import put_in_parts
from pilotlight.core.chunks import is_file_content
from pilotlight.core.disk import name_file
from pilotlight.core.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, HeadObjectOutputTypeDef

PART_BYTES: Final = 32 << 20
"""Files larger than this are sent in parts of this size, which also limits the memory that a write takes."""

_CHUNK_BYTES: Final = 1 << 20
_WAITS: Final = (0.25, 0.5, 1.0, 2.0)
_TAKEN: Final = ("PreconditionFailed", "412")
_CONFLICT: Final = ("ConditionalRequestConflict", "409")


class S3Blobs:
    """The blobs under s3://bucket/prefix: see pilotlight.store.Blobs. StoreError where S3 refuses a request.

    Args:
        client: boto3's client of S3.
        bucket: The bucket's name.
        prefix: The prefix, with or without slashes at its ends; "" for the whole bucket.
        part_bytes: The size above which a file is sent in parts, at least S3's 5 MiB.
        sleep: Waits a number of seconds before a write is repeated.
    """

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
        """The address of the store."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put_file(self, name: str, source: Path) -> bool:
        """Write a file unless the blob exists; return whether it was written."""
        if source.stat().st_size <= self._part_bytes:
            return self.put_bytes(name, source.read_bytes())
        if self._head(name) is not None:  # the conditional write decides; this only avoids sending a file that is there
            return False
        return self._put(
            lambda: put_in_parts(self._client, self._bucket, self._prefix + name, source, self._part_bytes)
        )

    def read_chunks(self, name: str) -> Iterator[bytes] | None:
        """Return the content of a blob in pieces; None where there is none."""
        with self._translate_errors():
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            except self._client.exceptions.NoSuchKey:
                return None
        return self._read(body.iter_chunks(_CHUNK_BYTES))

    def has_content(self, name: str, source: Path) -> bool:
        """Return whether a blob has the content of a file. It is downloaded only where its ETag cannot tell."""
        head = self._head(name)
        if head is None or head["ContentLength"] != source.stat().st_size:
            return False
        if head["ETag"].strip('"') in compute_etags(source, self._part_bytes):
            return True
        chunks = self.read_chunks(name)
        return chunks is not None and is_file_content(chunks, source)

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Write `content` unless the blob exists; return whether it was written."""
        key = self._prefix + name
        return self._put(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*"))

    def get_bytes(self, name: str) -> bytes | None:
        """Return the content of a blob; None where there is none."""
        with self._translate_errors():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None

    def get_file(self, name: str, target: Path) -> bool:
        """Download a blob to a file; return whether there is one."""
        with self._translate_errors(), name_file(target):
            return download(self._client, self._bucket, self._prefix + name, target)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the name of every blob that begins with `prefix`, sorted."""
        yield from self.sizes(prefix)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Return the size in bytes of every blob whose name begins with `prefix`, sorted by name."""
        with self._translate_errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            found = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
        return {key.removeprefix(self._prefix): found[key] for key in sorted(found)}

    def list_non_folders(self, _folder: str, /) -> Mapping[str, str]:
        """Return nothing, since names in S3 need no folders."""
        return {}

    def replace(self, name: str, source: Path, aside: str) -> bool:
        """Write a file in place of what is there, which is copied to `aside` before."""
        with self._translate_errors():
            kept = self._copy(name, aside)
            key = self._prefix + name
            if source.stat().st_size <= self._part_bytes:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=source.read_bytes())
            else:
                put_in_parts(self._client, self._bucket, key, source, self._part_bytes, only_if_absent=False)
        return kept

    def move(self, name: str, aside: str) -> bool:
        """Copy a blob to `aside` and delete it."""
        with self._translate_errors():
            moved = self._copy(name, aside)
            if moved:
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
        return moved

    def remove(self, name: str) -> None:
        """Delete a blob."""
        with self._translate_errors():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def _head(self, name: str) -> HeadObjectOutputTypeDef | None:
        with self._translate_errors():
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.ClientError as error:
                if get_error_code(error) in ABSENT:
                    return None
                raise

    def _copy(self, name: str, aside: str) -> bool:
        """Copy a blob to a name that is free, unless it was copied already; return whether there is a blob."""
        head = self._head(name)
        if head is None:
            return False
        for each in chain((aside,), (f"{aside}.{number}" for number in count(2))):
            kept = self._head(each)
            if kept is None:
                source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": self._prefix + name}
                self._client.copy(source, self._bucket, self._prefix + each)
            if kept is None or kept["ETag"] == head["ETag"]:
                break
        return True

    def _read(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        with self._translate_errors():
            yield from chunks

    def _put(self, write: Callable[[], object]) -> bool:
        waits = iter(_WAITS)
        with self._translate_errors():
            while True:
                try:
                    write()
                except self._client.exceptions.ClientError as error:
                    if get_error_code(error) in _TAKEN:
                        return False
                    wait = next(waits, None)
                    if wait is None or get_error_code(error) not in _CONFLICT:
                        raise
                    self._sleep(wait)
                else:
                    return True

    def _translate_errors(self) -> AbstractContextManager[None]:
        return translate_errors(self.location, StoreError)
