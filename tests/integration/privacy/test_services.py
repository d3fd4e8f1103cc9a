"""What a request has is not sent to the table either, and of an upload nothing is left beside the bucket."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from support.canaries import CANARY, Canary
from support.hostile_forms import form
from support.leaks import send
from support.private_requests import as_bodies, everywhere_but_in_the_body, rest
from support.private_routes import CATALOG, MODEL, TENSOR, WRITER, list_routes, package_kind
from support.tenants import TABLE, TENANT, Table, dynamo_environ, make_item, new_key, run_moto
from support.watched_function import watching

from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.metering.keys import ID_LENGTH, SECRET_LENGTH, hash_key

pytestmark = pytest.mark.integration

BUCKET, REGION, KEY_ID = "of-a-private-stack", "eu-central-1", "a-key-of-api-gateway"
KEY = new_key()
_SECRET = len("plk_live_") + ID_LENGTH
ISSUED = Canary(KEY[_SECRET : _SECRET + SECRET_LENGTH], CANARY.number)
INFER = f"/v2/models/{MODEL}/infer"


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with run_moto() as found:
        found.put(TENANT, make_item({KEY: {}}, day_limit=10**9))
        yield found


@contextmanager
def listening(to: str) -> Iterator[tuple[str, list[bytes]]]:
    """Passes requests on to a server: the address to call, and all that was sent to it."""
    heard: list[bytes] = []

    class PassOn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(f"{self.path}\n{self.headers}".encode() + body)
            connection = http.client.HTTPConnection(urlsplit(to).netloc)
            connection.request("POST", self.path, body, dict(self.headers))
            reply = connection.getresponse()
            content = reply.read()
            connection.close()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), PassOn) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", [TENSOR, WRITER])
def test_neither_request_nor_key_is_sent_to_the_table(tmp_path: Path, table: Table, kind: str) -> None:
    package_kind(tmp_path, kind)
    (asked,) = (it for it in list_routes(kind) if it.path == INFER)
    assert asked.document is not None
    events = [*as_bodies(CANARY, INFER, asked.document), *everywhere_but_in_the_body(CANARY, INFER, asked.document)]
    with listening(table.url) as (address, heard), watching(tmp_path, **dynamo_environ(address)) as function:
        statuses = set()
        for said, event in events:
            headers = event.get("headers")
            if isinstance(headers, dict) and not {"x-api-key", "authorization"} & {name.lower() for name in headers}:
                headers["x-api-key"] = KEY
            statuses.add(send(function, event, said, ISSUED))
    assert {200, 400, 401, 404, 405} <= statuses
    assert any(hash_key(KEY).encode() in sent for sent in heard)
    items = json.dumps(table.client.scan(TableName=TABLE)["Items"]).encode()
    for secret in (CANARY, ISSUED):
        assert not secret.find(b"\n".join(heard))
        assert not secret.find(items)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A client of S3 that has the bucket of uploads."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id="AKID",
            aws_secret_access_key="SECRET",
        )
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client
    finally:
        server.stop()


@pytest.fixture
def s3(bucket: Any) -> Any:
    """The same, while the bucket is empty."""
    for found in listed(bucket):
        bucket.delete_object(Bucket=BUCKET, Key=found["Key"])
    return bucket


def uploads(s3: Any) -> dict[str, str]:
    """The environment of a function of a stack with Uploads=on."""
    return {
        "PILOTLIGHT_UPLOADS": BUCKET,
        "AWS_ENDPOINT_URL_S3": s3.meta.endpoint_url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "SECRET",
    }


def of_a_key(event: dict[str, Any]) -> dict[str, Any]:
    event["requestContext"]["identity"] = {"apiKeyId": KEY_ID, "apiKey": CANARY.text}
    return event


@pytest.mark.parametrize(("kind", "path"), [(CATALOG, "/v1/files"), (CATALOG, "/v2/files"), (WRITER, "/v1/files")])
def test_a_file_that_is_sent_is_in_the_bucket_alone(tmp_path: Path, s3: Any, kind: str, path: str) -> None:
    package_kind(tmp_path, kind)
    boundary = form(b"").split(b"\r\n")[0][2:].decode()
    body = form(CANARY.text.encode()).replace(b'filename="', b'filename="' + CANARY.text.encode())
    events = [
        rest(path, {"bytes": 20, "filename": CANARY.text, "purpose": CANARY.text}),
        rest(path, {"bytes": CANARY.number, "filename": CANARY.text}),
        rest(path, {"bytes": CANARY.text}),
        rest(path, {"bytes": 20, CANARY.text: CANARY.text}),
        rest(path, body, Content_Type=f"multipart/form-data; boundary={boundary}"),
        rest(path, body[:-20], Content_Type=f"multipart/form-data; boundary={boundary}"),
    ]
    with watching(tmp_path, **uploads(s3)) as function:
        statuses = [send(function, of_a_key(event), json.dumps(event)) for event in events]
    assert statuses == [200, 413, 400, 200, 200, 400]
    kept = [s3.get_object(Bucket=BUCKET, Key=it["Key"])["Body"].read() for it in listed(s3)]
    assert kept == [CANARY.text.encode()]


def listed(s3: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return found


@pytest.mark.parametrize("kind", [TENSOR, WRITER])
def test_a_file_that_a_request_names_is_left_nowhere(tmp_path: Path, s3: Any, kind: str) -> None:
    package_kind(tmp_path, kind)
    prefix = f"uploads/{bytes_sha256(KEY_ID.encode())}/"
    (asked,) = (it for it in list_routes(kind) if it.path == INFER)
    contents = {"right": json.dumps(asked.document).encode(), "wrong": CANARY.text.encode(), CANARY.text: b"{}"}
    for name, content in contents.items():
        s3.put_object(Bucket=BUCKET, Key=prefix + name, Body=content)
    with watching(tmp_path, **uploads(s3)) as function:
        statuses = []
        for name in (*contents, f"{CANARY.text}-that-is-missing"):
            event = rest(INFER, None, method="POST", Content_Location=f"s3://{BUCKET}/{prefix}{name}")
            statuses.append(send(function, of_a_key(event), name))
    assert statuses == [200, 400, 400, 404]
