"""Requests by way of a bucket: asked for, uploaded and named as callers do it, over HTTP, against moto's S3."""

import io
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer
from onnx import TensorProto, helper
from openai import OpenAI
from support.project import Desk, new_project

from pilotlight_runtime import model_handler
from pilotlight_runtime.catalog import CatalogService, _CatalogHandler
from pilotlight_runtime.catalog_index import CatalogEntry
from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.errors import NotFound, RequestError, TooLarge
from pilotlight_runtime.limits import DEFAULT_LIMITS
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.openai.service import LanguageService
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.uploads.bucket import find_bucket
from pilotlight_runtime.uploads.credentials import CredentialSource
from pilotlight_runtime.uploads.failure import TransferFailed
from pilotlight_runtime.uploads.incoming import fetch_file
from pilotlight_runtime.uploads.transfer import Transfer

BUCKET = "of-the-stack"
REGION = "eu-central-1"
MINE, OTHER = "key-of-mine", "key-of-another"


class Quiet:
    """An observer that keeps nothing."""

    def request(self, record: object) -> None:
        pass

    def warning(self, message: str, cause: BaseException | None) -> None:
        raise AssertionError(message, cause)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name=REGION, aws_access_key_id="AKID", aws_secret_access_key="SECRET"
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield address
    server.stop()


@pytest.fixture
def environ(s3: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that a function of a stack with Uploads=on has."""
    variables = {
        "PILOTLIGHT_UPLOADS": BUCKET,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "SECRET",
        "AWS_SESSION_TOKEN": "TOKEN",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def event_of(method: str, path: str, body: bytes, headers: dict[str, str], key: str) -> dict[str, Any]:
    """What API Gateway sends for a request with a key."""
    return {
        "httpMethod": method,
        "path": path,
        "headers": headers,
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"identity": {"apiKeyId": key}} if key else {},
    }


def asked(handler: Any, method: str, path: str, body: bytes = b"", key: str = MINE, **headers: str) -> tuple[int, Any]:
    event = event_of(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}, key)
    answer = handler(event, SimpleNamespace(aws_request_id="id"))
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def catalog(environ: dict[str, str]) -> Any:
    service = CatalogService([CatalogEntry("summer", "0123456789ab")], environ)
    return _CatalogHandler(service, Quiet(), lambda: 0.0)


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk: Desk = new_project(tmp_path_factory.mktemp("project"))
    node = helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "m"])]
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])]
    graph = helper.make_graph([node], "summer", ends, outs, [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    desk.imported("summer", model.SerializeToString())
    ran = desk("package", "summer", "--into", str(desk.root / "packaged"))
    assert ran.code == 0, ran.err
    return desk.root / "packaged"


@pytest.fixture
def summer(packaged: Path, environ: dict[str, str]) -> Any:
    assert environ
    return model_handler(str(packaged / "app.py"), observer=Quiet())


def uploaded(catalog: Any, content: bytes, key: str = MINE) -> dict[str, Any]:
    """A file that was announced and then sent to the address that was answered."""
    status, found = asked(catalog, "POST", "/v1/files", json.dumps({"bytes": len(content)}).encode(), key)
    assert status == 200, found
    upload = found["upload"]
    sent = requests.request(upload["method"], upload["url"], data=content, headers=upload["headers"], timeout=30)
    assert sent.status_code == 200, sent.text
    result: dict[str, Any] = found
    return result


def question(numbers: int) -> bytes:
    """An inference request with one row of ones."""
    return json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, numbers], "data": [1.0] * numbers}]}
    ).encode()


def test_a_request_larger_than_lambda_carries_is_answered(catalog: Any, summer: Any) -> None:
    body = question(1_500_000)
    assert len(body) > 7_000_000
    found = uploaded(catalog, body)
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", Content_Location=found["location"])
    assert status == 200, answer
    assert answer["outputs"][0]["data"] == [1_500_000.0]


def test_an_upload_is_answered_as_the_body_itself(catalog: Any, summer: Any) -> None:
    body = question(3)
    found = uploaded(catalog, body)
    direct = asked(summer, "POST", "/v2/models/summer/infer", body)
    assert direct[0] == 200
    assert asked(summer, "POST", "/v2/models/summer/infer", Content_Location=found["location"]) == direct


@pytest.fixture
def gateway(catalog: Any) -> Iterator[str]:
    """An HTTP server that hands requests to the catalog as API Gateway does, with a checked key."""

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = event_of("POST", self.path, body, dict(self.headers), MINE)
            answer = catalog(event, SimpleNamespace(aws_request_id="id"))
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_request(self, _code: object = "-", _size: object = "-") -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_openais_client_uploads_a_file(gateway: str, environ: dict[str, str]) -> None:
    content = bytes(range(256)) * 100 + b"\r\n--boundary\r\n"
    with OpenAI(api_key="any", base_url=f"{gateway}/v1", max_retries=0) as client:
        made = client.files.create(file=("prompt.json", io.BytesIO(content)), purpose="user_data")
    assert (made.bytes, made.filename, made.purpose, made.object) == (len(content), "prompt.json", "user_data", "file")
    assert fetch_file(made.id, MINE, environ) == content


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("s3://another-bucket/uploads/{mine}/a", "does not begin with"),
        ("s3://of-the-stack/uploads/{other}/a", "does not begin with"),
        ("s3://of-the-stack/uploads/{mine}/../{other}/a", "no name of an upload"),
        ("s3://of-the-stack/uploads/{mine}/..", "no name of an upload"),
        ("s3://of-the-stack/uploads/{mine}/", "no name of an upload"),
        ("s3://of-the-stack/uploads/{mine}/a?versionId=1", "no name of an upload"),
        ("s3://of-the-stack/uploads/{mine}/%2e%2e", "no name of an upload"),
        ("s3://169.254.169.254/latest", "does not begin with"),
    ],
)
def test_nothing_but_the_callers_own_part_of_the_bucket_can_be_named(summer: Any, location: str, said: str) -> None:
    digests = {"mine": bytes_sha256(MINE.encode()), "other": bytes_sha256(OTHER.encode())}
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", Content_Location=location.format_map(digests))
    assert status == 400
    assert said in answer["error"]


def test_another_keys_upload_cannot_be_read(catalog: Any, summer: Any) -> None:
    found = uploaded(catalog, question(3), OTHER)
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", Content_Location=found["location"])
    assert (status, "does not begin with" in answer["error"]) == (400, True)
    with pytest.raises(NotFound):
        fetch_file(found["id"], MINE)


def test_what_is_not_there_is_404(summer: Any) -> None:
    location = f"s3://{BUCKET}/uploads/{bytes_sha256(MINE.encode())}/file-0"
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", Content_Location=location)
    assert status == 404
    assert "no such upload" in answer["error"]


def test_a_body_beside_the_upload_is_refused(catalog: Any, summer: Any) -> None:
    found = uploaded(catalog, question(3))
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", b"{}", Content_Location=found["location"])
    assert (status, "no body of its own" in answer["error"]) == (400, True)


def test_any_other_content_location_says_nothing(summer: Any) -> None:
    body = question(3)
    there = asked(summer, "POST", "/v2/models/summer/infer", body, Content_Location="/v2/models/summer")
    assert there == asked(summer, "POST", "/v2/models/summer/infer", body)


def test_a_stack_without_uploads_says_so(summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PILOTLIGHT_UPLOADS")
    status, answer = asked(summer, "POST", "/v2/models/summer/infer", Content_Location=f"s3://{BUCKET}/a")
    assert status == 404
    assert "Uploads=on" in answer["error"]


def test_a_request_without_a_key_has_no_uploads(catalog: Any) -> None:
    status, answer = asked(catalog, "POST", "/v1/files", b'{"bytes": 1}', "")
    assert status == 400
    assert "without one" in answer["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"bytes": "1"}', 400),
        (b'{"bytes": 0}', 400),
        (b'{"bytes": true}', 400),
        (b'{"bytes": 1, "filename": 1}', 400),
        (b'{"bytes": 67108865}', 413),
    ],
)
def test_what_is_no_announcement_of_a_file_is_refused(catalog: Any, body: bytes, status: int) -> None:
    assert asked(catalog, "POST", "/v2/files", body)[0] == status


def test_files_are_not_listed(catalog: Any) -> None:
    assert asked(catalog, "GET", "/v1/files")[0] == 405


def test_what_is_larger_than_a_function_may_read_is_refused(catalog: Any, environ: dict[str, str]) -> None:
    found = uploaded(catalog, b"x" * 1000)
    bucket = find_bucket(MINE, environ)
    transfer = Transfer(CredentialSource(environ))
    assert len(transfer.read(bucket, bucket.key(found["id"]), 1000)) == 1000
    with pytest.raises(TooLarge, match="has 1000 bytes, the most is 999"):
        transfer.read(bucket, bucket.key(found["id"]), 999)


def test_a_transfer_that_takes_too_long_is_ended(catalog: Any, environ: dict[str, str]) -> None:
    found = uploaded(catalog, b"x" * 3_000_000)
    ticks = iter([0.0, 1.0, 30.0, 60.0])
    bucket = find_bucket(MINE, environ)
    transfer = Transfer(CredentialSource(environ), ticks=lambda: next(ticks))
    with pytest.raises(TransferFailed, match="within 20 s"):
        transfer.read(bucket, bucket.key(found["id"]), 10**8)


def test_a_bucket_that_does_not_answer_is_502(environ: dict[str, str]) -> None:
    with pytest.raises(RequestError, match="does not answer") as caught:
        fetch_file("file-1", MINE, {**environ, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"})
    assert caught.value.status == 502


class Echo:
    """An endpoint that answers with the document that it was asked with, and the length of its text."""

    def answer(self, document: Any, _trace: Trace, _invocation: Invocation) -> HttpResponse:
        return json_response({**document, "text": len(document["text"])})


@pytest.fixture
def language(environ: dict[str, str]) -> LanguageService:
    assert environ
    inner: Any = SimpleNamespace(status=dict, infer_path="/v2/models/chat/infer", limits=DEFAULT_LIMITS)
    return LanguageService("chat", inner, {"chat": Echo()}, {"task": "generate"})


def chat(language: LanguageService, document: object, key: str = MINE) -> Any:
    request = HttpRequest("POST", "/chat/v1/chat/completions", {}, json.dumps(document).encode())
    answer = language.answer(request, Trace(lambda: 0.0), Invocation("id", b"", None, key))
    return json.loads(answer.body)


def test_a_request_to_a_language_model_may_be_a_file(catalog: Any, language: LanguageService) -> None:
    text = "word " * 2_000_000
    found = uploaded(catalog, json.dumps({"model": "chat", "text": text, "stream": False}).encode())
    asked = {"input_file_id": found["id"], "stream": True}
    assert chat(language, asked) == {"model": "chat", "text": len(text), "stream": True}


@pytest.mark.parametrize("content", [b"[]", b'{"input_file_id": "file-1"}'])
def test_a_file_that_is_no_request_is_refused(catalog: Any, language: LanguageService, content: bytes) -> None:
    found = uploaded(catalog, content)
    with pytest.raises(RequestError, match="must hold a JSON object"):
        chat(language, {"input_file_id": found["id"]})


@pytest.mark.parametrize("name", [1, None, "../a", ""])
def test_what_is_no_id_of_a_file_is_refused(language: LanguageService, name: object) -> None:
    with pytest.raises(RequestError) as caught:
        chat(language, {"input_file_id": name})
    assert caught.value.status == 400


def test_a_language_model_takes_files_below_its_own_base_url(
    language: LanguageService, environ: dict[str, str]
) -> None:
    request = HttpRequest("POST", "/chat/v1/files", {}, b'{"bytes": 3}')
    found = json.loads(language.answer(request, Trace(lambda: 0.0), Invocation("id", b"", None, MINE)).body)
    sent = requests.put(found["upload"]["url"], data=b"abc", headers=found["upload"]["headers"], timeout=30)
    assert sent.status_code == 200
    assert fetch_file(found["id"], MINE, environ) == b"abc"
