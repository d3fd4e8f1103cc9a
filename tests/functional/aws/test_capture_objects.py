"""Captures in a bucket: listed, read, and deleted by the thousand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotlight.aws import BucketObjects
from pilotlight.core.errors import MeteringError

BUCKET = "captures-of-many"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("s3", region_name="us-east-1")
        made.create_bucket(Bucket=BUCKET)
        yield made


def test_names_are_below_the_prefix(client: Any) -> None:
    objects = BucketObjects(client, BUCKET, "a/b/")
    for name in ("a/b/captures/2", "a/b/captures/1", "captures/3"):
        client.put_object(Bucket=BUCKET, Key=name, Body=b"content")
    assert list(objects.list_objects("captures/")) == [("captures/1", 7), ("captures/2", 7)]
    assert objects.read("captures/1") == b"content"
    assert objects.read("captures/3") is None
    objects.remove(["captures/1", "captures/3"])
    left = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert left == ["a/b/captures/2", "captures/3"]
    assert objects.location == f"s3://{BUCKET}/a/b"


class Refusing:
    """A client whose bucket deletes nothing."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def delete_objects(self, **request: Any) -> dict[str, Any]:
        keys = request["Delete"]["Objects"]
        self.asked.append(len(keys))
        if len(self.asked) == 3:
            return {"Errors": [{"Key": keys[0]["Key"], "Code": "AccessDenied"}]}
        return {}


def test_a_thousand_are_deleted_at_once_and_a_refusal_is_an_error() -> None:
    client: Any = Refusing()
    with pytest.raises(MeteringError, match=f"s3://{BUCKET}: S3 did not delete 1 captures: AccessDenied"):
        BucketObjects(client, BUCKET).remove(f"captures/{number}" for number in range(2001))
    assert client.asked == [1000, 1000, 1]
