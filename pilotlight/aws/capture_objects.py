"""Captures in a bucket of S3, listed, read and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import MeteringError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_AT_ONCE: Final = 1000
"""Objects that one request deletes at most (Amazon S3 API Reference, "DeleteObjects")."""


class BucketObjects:
    """The objects below a prefix. Every method raises MeteringError where S3 refuses.

    Args:
        client: boto3's client of S3.
        bucket: The bucket's name.
        prefix: What all names begin with: "" or with a slash at its end.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    @property
    def location(self) -> str:
        """Where it is, for messages."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def list_objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield name and size in bytes of every object whose name begins with `prefix`, sorted by name."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._translate():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for item in page.get("Contents", []):
                    yield item["Key"].removeprefix(self._prefix), item["Size"]

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None where there is none."""
        with self._translate():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None

    def remove(self, names: Iterable[str]) -> None:
        """Delete objects for good. Those that are not there do no harm."""
        keys = [self._prefix + name for name in names]
        for start in range(0, len(keys), _AT_ONCE):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            with self._translate():
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            for refused in answer.get("Errors", []):
                what = f"S3 did not delete {len(answer['Errors'])} captures: {refused.get('Code', 'without a reason')}"
                raise MeteringError(self.location, what, "The credentials need s3:DeleteObject there.")

    def _translate(self) -> AbstractContextManager[None]:
        return translate_errors(self.location, MeteringError)
