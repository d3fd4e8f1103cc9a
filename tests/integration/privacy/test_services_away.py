"""What a request has is left nowhere where a service behind a function is away: the table, or the bucket of uploads."""

import json
from pathlib import Path

import pytest
from support.canaries import CANARY, Canary
from support.emulated import free_port
from support.leaks import send
from support.private_requests import rest
from support.streaming_function import STREAM, package_streaming
from support.tenants import dynamo_environ, new_key
from support.watched_function import watching

from pilotlight_runtime.digest import bytes_sha256

pytestmark = pytest.mark.integration

INFER = "/v2/models/tiny/infer"
KEY_ID = "a-key-of-api-gateway"


@pytest.fixture
def nowhere() -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "function").mkdir()
    package_streaming(tmp_path / "function")
    return tmp_path


def test_the_table_is_away(root: Path, nowhere: str) -> None:
    key = new_key()
    secret = Canary(key[20:], CANARY.number)
    document = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}
    with watching(root, **dynamo_environ(nowhere)) as function:
        for path, asked in ((INFER, document), (STREAM, {"x": CANARY.text}), ("/v1/usage", None)):
            event = rest(path, asked, x_api_key=key, User_Agent=CANARY.text, query=CANARY.text)
            assert send(function, event, path, secret) == 503
        assert b'"level":"ERROR"' in function.log


def test_the_bucket_is_away(root: Path, nowhere: str) -> None:
    uploads = {
        "PILOTLIGHT_UPLOADS": "a-bucket",
        "AWS_ENDPOINT_URL_S3": nowhere,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "SECRET",
    }
    prefix = f"s3://a-bucket/uploads/{bytes_sha256(KEY_ID.encode())}/"
    with watching(root, **uploads) as function:
        statuses = []
        for location in (f"{prefix}{CANARY.text}", f"{prefix}../{CANARY.text}", f"s3://{CANARY.text}/a"):
            event = rest(INFER, None, method="POST", Content_Location=location)
            event["requestContext"]["identity"] = {"apiKeyId": KEY_ID, "apiKey": CANARY.text}
            statuses.append(send(function, event, json.dumps(event)))
    assert statuses[0] >= 500
    assert statuses[1:] == [400, 400]
