"""A service whose stack captures: table, data keys and bucket at moto, and functions that run on them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import boto3

from pilotlight.aws import BucketObjects, DataKeyService
from pilotlight_runtime.entry import LambdaHandler
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.metering.captures.aes_gcm import open_cipher
from pilotlight_runtime.metering.captures.documents import Exchange, read_document
from pilotlight_runtime.metering.captures.sealing import unseal
from pilotlight_runtime.metering.charge import Item
from pilotlight_runtime.metering.start import Metering
from support.onnx_models import package_identity
from support.tenants import SIGNS, TENANT, Table, make_item

REGION = "eu-central-1"
BUCKET = "captures-of-the-stack"
INFER = "/v2/models/tiny/infer"
ALL = {"share": 1, "days": 30}
CREDENTIALS = {"region_name": REGION, "aws_access_key_id": SIGNS[0], "aws_secret_access_key": SIGNS[1]}


class CaptureStack:
    """What infra/captures.yaml makes, at moto, beside a table of tenants. table: at the same moto."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.s3: Any = boto3.client("s3", endpoint_url=table.url, **CREDENTIALS)
        self.kms: Any = boto3.client("kms", endpoint_url=table.url, **CREDENTIALS)
        if BUCKET not in {each["Name"] for each in self.s3.list_buckets()["Buckets"]}:
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.objects = BucketObjects(self.s3, BUCKET)
        self.objects.remove(name for name, _ in list(self.objects.list_objects("")))
        self.data_keys = DataKeyService(self.kms, self.kms.create_key()["KeyMetadata"]["Arn"])

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a function of the stack."""
        own = {f"AWS_ENDPOINT_URL_{service}": self.table.url for service in ("KMS", "S3")}
        return {**self.table.environ, **own, "PILOTLIGHT_CAPTURES": f"s3://{BUCKET}"}

    def put_tenant(self, key: str, *, tenant: str = TENANT, agrees: bool, now: float, **fields: Any) -> Item:
        """Writes a tenant with a key, which agrees to captures or not."""
        consent = {"capture": {**self.data_keys.make(tenant), "since": int(now)}} if agrees else {}
        item = make_item({key: {}}, now=now, **{"day_limit": 1000, **consent, **fields})
        self.table.put(tenant, item)
        return item

    def names(self) -> list[str]:
        return [name for name, _ in self.objects.list_objects("")]

    def contents(self) -> dict[str, bytes]:
        found = {name: self.objects.read(name) for name in self.names()}
        return {name: content for name, content in found.items() if content is not None}

    def open(self, name: str, content: bytes, item: Item) -> Exchange:
        """Decrypts a capture with the data key of a tenant's item."""
        data_key = self.data_keys.decrypt(name.split("/")[2], item["capture"]["key"])
        return read_document(unseal(open_cipher(), data_key, name, content))

    def the_only(self, item: Item) -> Exchange:
        """The only capture there is, decrypted."""
        ((name, content),) = self.contents().items()
        return self.open(name, content, item)

    def close(self) -> None:
        self.s3.close()
        self.kms.close()


class Function:
    """A function that captures: the real handler of a model that returns what it gets. Close it.

    folder: an empty one. environ: of the function. now: seconds since the epoch.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        capture: object = ALL,
        now: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(exist_ok=True)
        package_identity(folder, "BYTES", (-1,))
        set_capture(folder, capture)
        self.log = StringIO()
        made: Any = model_handler(str(folder / "app.py"), environ={}, stream=self.log)
        # As model_handler does, so that this one can be closed. No test of this process may make it wait for a client.
        self._metering = Metering(environ, now, modules={})
        self._metering.meter_model(made, "tiny", str(folder), self.log, openai=False)
        self.handler: LambdaHandler = made

    def close(self) -> None:
        self._metering.close()

    def ask(self, key: str, *texts: str, path: str = INFER, body: bytes | None = None, **headers: str) -> int:
        """Sends texts, or a body; returns the status."""
        tensor = {"name": "x", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
        content = json.dumps({"inputs": [tensor]}).encode() if body is None else body
        self.answer = self.handler(make_event(key, content, path, **headers), None)
        return int(self.answer["statusCode"])

    @property
    def answered(self) -> bytes:
        """The body of the last answer, as the caller gets it."""
        body: str = self.answer["body"]
        return base64.b64decode(body) if self.answer["isBase64Encoded"] else body.encode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    @property
    def lost(self) -> list[str]:
        """What made captures fail."""
        return [line["failed"] for line in self.lines if line.get("message") == "capture lost"]


def set_capture(folder: Path, capture: object) -> None:
    """Writes how a model captures into the manifest of a packaged version; nothing where it is None."""
    path = folder / "manifest.json"
    terms = {} if capture is None else {"capture": capture}
    path.write_text(json.dumps({**json.loads(path.read_text()), **terms}))


def make_event(key: str, body: bytes, path: str = INFER, method: str = "POST", **headers: str) -> dict[str, Any]:
    """A REST API's event."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"x-api-key": key, **named},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "chosen-by-the-caller", "extendedRequestId": "JKJaXmPLvHcESHA="},
    }


@contextmanager
def run_stack(table: Table) -> Iterator[CaptureStack]:
    stack = CaptureStack(table)
    try:
        yield stack
    finally:
        stack.close()
