"""S3 when it refuses: botocore's Stubber plays the answers that moto does not give."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from moto import mock_aws

from pilotlight.aws import S3Blobs, download_object, download_prefix
from pilotlight.aws.multipart import put_in_parts
from pilotlight.core.errors import DataError, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART = 5 << 20
LARGE = b"a" * (PART + 1)


@pytest.fixture
def client() -> S3Client:
    return boto3.client("s3", region_name="eu-west-1", config=Config(signature_version=UNSIGNED))


@pytest.fixture
def stub(client: S3Client) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def stub_parts(stub: Stubber) -> None:
    stub.add_client_error("head_object", "404", http_status_code=404)
    stub.add_response("create_multipart_upload", {"UploadId": "u"}, {"Bucket": "b", "Key": "p/m/v/a"})
    stub.add_response("upload_part", {"ETag": "1"})
    stub.add_response("upload_part", {"ETag": "2"})


COMPLETE: dict[str, Any] = {
    "Bucket": "b",
    "Key": "p/m/v/a",
    "UploadId": "u",
    "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "1"}, {"PartNumber": 2, "ETag": "2"}]},
    "IfNoneMatch": "*",
}


def test_every_put_is_conditional(client: S3Client, stub: Stubber, tmp_path: Path) -> None:
    blobs = S3Blobs(client, "b", "p", part_bytes=PART)
    expected = {"Bucket": "b", "Key": "p/m/v/a", "Body": b"x", "IfNoneMatch": "*"}
    stub.add_response("put_object", {}, expected)
    assert blobs.put_bytes("m/v/a", b"x")
    (tmp_path / "large").write_bytes(LARGE)
    stub_parts(stub)
    stub.add_response("complete_multipart_upload", {}, COMPLETE)
    assert blobs.put_file("m/v/a", tmp_path / "large")


@pytest.mark.parametrize(("size", "parts"), [(10_000, 10_000), (10_001, 5_001), (20_001, 6_667)])
def test_there_are_never_more_parts_than_s3_takes(
    client: S3Client, stub: Stubber, tmp_path: Path, size: int, parts: int
) -> None:
    (tmp_path / "large").write_bytes(b"a" * size)
    stub.add_response("create_multipart_upload", {"UploadId": "u"})
    for number in range(1, parts + 1):
        expected = {"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": number, "Body": ANY}
        stub.add_response("upload_part", {"ETag": "1"}, expected)
    stub.add_response("complete_multipart_upload", {})
    put_in_parts(client, "b", "k", tmp_path / "large", 1)


def test_every_page_of_a_listing_is_read(client: S3Client, stub: Stubber) -> None:
    """S3 gives a thousand names at once."""
    first: dict[str, Any] = {
        "Contents": [{"Key": "p/m/b", "Size": 1}],
        "IsTruncated": True,
        "NextContinuationToken": "more",
    }
    stub.add_response("list_objects_v2", first, {"Bucket": "b", "Prefix": "p/m/"})
    asked = {"Bucket": "b", "Prefix": "p/m/", "ContinuationToken": "more"}
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "p/m/a", "Size": 2}], "IsTruncated": False}, asked)
    assert list(S3Blobs(client, "b", "p").names("m/")) == ["m/a", "m/b"]


def test_a_name_taken_while_the_parts_were_sent(client: S3Client, stub: Stubber, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    stub_parts(stub)
    stub.add_client_error("complete_multipart_upload", "PreconditionFailed", http_status_code=412)
    stub.add_response("abort_multipart_upload", {}, {"Bucket": "b", "Key": "p/m/v/a", "UploadId": "u"})
    assert not S3Blobs(client, "b", "p", part_bytes=PART).put_file("m/v/a", tmp_path / "large")


def test_parts_of_a_failed_upload_are_deleted(client: S3Client, stub: Stubber, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    stub.add_client_error("head_object", "404", http_status_code=404)
    stub.add_response("create_multipart_upload", {"UploadId": "u"})
    stub.add_client_error("upload_part", "SlowDown", "Please reduce your request rate", http_status_code=503)
    stub.add_response("abort_multipart_upload", {})
    with pytest.raises(StoreError, match=r"s3://b/p: S3 answered SlowDown \(Please reduce"):
        S3Blobs(client, "b", "p", part_bytes=PART).put_file("m/v/a", tmp_path / "large")


def test_a_conflicting_write_is_tried_again(client: S3Client, stub: Stubber) -> None:
    waits: list[float] = []
    stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    assert not S3Blobs(client, "b", "p", sleep=waits.append).put_bytes("a", b"")
    assert waits == [0.25]


def test_a_conflict_that_stays_is_reported(client: S3Client, stub: Stubber) -> None:
    for _ in range(5):
        stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(StoreError, match="ConditionalRequestConflict"):
        S3Blobs(client, "b", "p", sleep=lambda _: None).put_bytes("a", b"")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("NoSuchBucket", "Create the bucket"),
        ("AccessDenied", "s3:ListBucket"),
        ("ExpiredToken", "aws sso login"),
        ("PermanentRedirect", "AWS_REGION"),
        ("InternalError", "Run the command again"),
    ],
)
def test_refusals_say_what_to_do(client: S3Client, stub: Stubber, code: str, hint: str) -> None:
    blobs = S3Blobs(client, "b", "")
    calls: list[tuple[str, Callable[[], object]]] = [
        ("put_object", lambda: blobs.put_bytes("a", b"")),
        ("get_object", lambda: blobs.get_bytes("a")),
        ("list_objects_v2", lambda: list(blobs.names(""))),
    ]
    for operation, call in calls:
        stub.add_client_error(operation, code)
        with pytest.raises(StoreError, match=rf"s3://b: S3 answered {code}") as caught:
            call()
        assert hint in caught.value.hint


def test_a_forbidden_download_is_reported(client: S3Client, stub: Stubber, tmp_path: Path) -> None:
    stub.add_client_error("head_object", "403", "Forbidden", http_status_code=403)
    with pytest.raises(StoreError, match=r"S3 answered 403 .* s3:GetObject"):
        S3Blobs(client, "b", "").get_file("a", tmp_path / "a")


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    client = boto3.session.Session().client("s3", region_name="eu-west-1")
    with pytest.raises(StoreError, match=r"no usable AWS credentials: .* AWS_PROFILE"):
        S3Blobs(client, "b", "").get_bytes("a")


def test_an_endpoint_that_nobody_answers() -> None:
    with socket.socket() as taken:  # bound but not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        client = boto3.client(
            "s3",
            region_name="eu-west-1",
            endpoint_url=f"http://127.0.0.1:{taken.getsockname()[1]}",
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )
        with pytest.raises(StoreError, match=r"S3 cannot be reached: .* AWS_ENDPOINT_URL"):
            S3Blobs(client, "b", "").put_bytes("a", b"")


def test_objects_are_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        client.put_object(Bucket="data", Key="sets/mnist.npz", Body=LARGE)
        download_object(client, "s3://data/sets/mnist.npz", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == LARGE
        with pytest.raises(DataError, match=r"s3://data/none.npz: does not exist"):
            download_object(client, "s3://data/none.npz", tmp_path / "none")
        with pytest.raises(DataError, match=r"s3://nothing/none.npz: "):
            download_object(client, "s3://nothing/none.npz", tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["got"]


def test_an_object_that_is_removed_while_its_prefix_is_fetched(tmp_path: Path) -> None:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        for name in ("1.txt", "2.txt"):
            client.put_object(Bucket="bucket", Key=f"texts/{name}", Body=b"text")
        listed = "after-call.s3.ListObjectsV2"
        client.meta.events.register(listed, lambda **_: client.delete_object(Bucket="bucket", Key="texts/2.txt"))
        with pytest.raises(DataError) as raised:
            download_prefix(client, "s3://bucket/texts/", tmp_path)
    assert str(raised.value) == (
        "s3://bucket/texts/2.txt: was deleted during the download. Run the command again when nobody changes the data."
    )


def test_the_same_content_is_recognised_without_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="models")
        calls: list[str] = []
        client.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
        blobs = S3Blobs(client, "models", "p", part_bytes=PART)
        for name, content in (("small", b"x" * 1000), ("large", LARGE)):
            (tmp_path / name).write_bytes(content)
            blobs.put_file(name, tmp_path / name)
            calls.clear()
            assert blobs.has_content(name, tmp_path / name)
            assert calls == ["HeadObject"]
        elsewhere = S3Blobs(client, "models", "p", part_bytes=PART + 1)  # other parts give another ETag
        assert elsewhere.has_content("large", tmp_path / "large")
        assert calls[-1] == "GetObject"


def test_a_download_that_breaks_off_is_reported(client: S3Client, stub: Stubber) -> None:
    body = StreamingBody(io.BytesIO(b"half"), 8)
    stub.add_response("get_object", {"Body": body}, {"Bucket": "b", "Key": "p/a"})
    chunks = S3Blobs(client, "b", "p").read_chunks("a")
    assert chunks is not None
    with pytest.raises(StoreError, match="s3://b/p: the request to S3 failed"):
        list(chunks)
