import base64
import json
from typing import Any

import pytest

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.events import MAX_ANSWER_BYTES, MAX_BODY_BYTES, read_event, render_direct, render_proxy
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.protocol.json_codec import Doubts

INFER = "/v2/models/tiny/infer"


def request(event: object) -> HttpRequest:
    return read_event(event, INFER).request


def rest(**more: Any) -> dict[str, Any]:
    return {"httpMethod": "POST", "path": INFER, "headers": None, "body": None, "isBase64Encoded": False, **more}


def http2(path: str, stage: str, **more: Any) -> dict[str, Any]:
    return {"version": "2.0", "rawPath": path, "requestContext": {"stage": stage, "http": {"method": "POST"}}, **more}


def test_rest_headers_that_came_twice_are_joined() -> None:
    event = rest(
        headers={"Accept": "b", "X-One": "1"}, multiValueHeaders={"Accept": ["a", "b"], "X-One": ["1"]}, body="{}"
    )
    assert request(event) == HttpRequest("POST", INFER, {"accept": "a, b", "x-one": "1"}, b"{}")


@pytest.mark.parametrize(
    ("resource", "parameters", "path", "expected"),
    [
        ("/v2/models/tiny/{proxy+}", {"proxy": "infer"}, INFER, INFER),
        ("/v2/models/tiny/{proxy+}", {"proxy": "infer"}, "/base" + INFER, INFER),
        ("/{proxy+}", {"proxy": "v2/health/live"}, "/base/v2/health/live", "/v2/health/live"),
        ("/v2", None, "/base/v2/", "/v2"),
        ("/something/else", None, "/v2", "/v2"),
        ("/{proxy+}", None, "/v2", "/v2"),
        (None, None, "/v2", "/v2"),
    ],
)
def test_rest_paths_without_a_custom_domains_base(
    resource: object, parameters: object, path: str, expected: str
) -> None:
    assert request(rest(resource=resource, pathParameters=parameters, path=path)).path == expected


@pytest.mark.parametrize(
    ("path", "stage", "expected"),
    [
        ("/v2", "$default", "/v2"),
        ("/prod/v2", "prod", "/v2"),
        ("/prod", "prod", ""),
        ("/production/v2", "prod", "/production/v2"),
    ],
)
def test_http_api_paths_without_their_stage(path: str, stage: str, expected: str) -> None:
    assert request(http2(path, stage)).path == expected


def test_bodies_in_base64_and_as_text() -> None:
    assert request(rest(body=base64.b64encode(b"\0\xff").decode(), isBase64Encoded=True)).body == b"\0\xff"
    assert request(http2("/v2", "$default", body="é")).body == "é".encode()
    assert request(rest()).body == b""


def test_an_inference_request_that_may_not_be_json_is_written_as_json() -> None:
    request_ = request({"id": "7", "inputs": ({"name": "x"},)})
    assert (request_.body, request_.doubts) == (b'{"id":"7","inputs":[{"name":"x"}]}', None)


BASE64 = base64.b64encode(bytes(range(255)) * 8).decode()


@pytest.mark.parametrize("put", ["=", "==", "A", "é", "\n", " ", "-", "_", "\0", "A=", "=A"])
@pytest.mark.parametrize("place", [0, 1, 1024, len(BASE64) - 1])
def test_base64_is_read_strictly(place: int, put: str) -> None:
    with pytest.raises(InvalidRequest, match="the body is not base64"):
        request(rest(body=BASE64[:place] + put + BASE64[place:], isBase64Encoded=True))
    with pytest.raises(InvalidRequest, match="the body is not base64"):
        request(rest(body=BASE64[:-1], isBase64Encoded=True))
    assert request(rest(body=BASE64, isBase64Encoded=True)).body == bytes(range(255)) * 8


def test_a_path_alone_is_an_event() -> None:
    assert request({"path": "/v2"}) == HttpRequest("GET", "/v2", {}, b"")
    assert request({"path": INFER, "body": {"inputs": []}}) == HttpRequest("POST", INFER, {}, b'{"inputs":[]}')
    assert request({"path": INFER, "method": "put", "body": "[]"}).method == "PUT"


def test_an_inference_request_is_an_event() -> None:
    event = {"id": "7", "inputs": [{"name": "x"}]}
    incoming = read_event(event, INFER)
    doubts = Doubts(booleans=False, infinities=False)
    assert incoming.request == HttpRequest("POST", INFER, {}, b"", event, doubts)
    assert incoming.render(json_response({"outputs": []})) == {"outputs": []}
    assert incoming.render(json_response({"error": "no"}, 400)) == {"error": "no", "status": 400}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "the event must be an object, got null"),
        ([1], "the event must be an object, got [1]"),
        ("text", "got 'text'"),
        ({}, "neither an HTTP request"),
        ({"requestContext": None}, "neither an HTTP request"),
        ({"source": "aws.events"}, "neither an HTTP request"),
        ({"httpMethod": 1, "path": "/"}, "httpMethod must be text, got 1"),
        (rest(path=None), "path must be text, got null"),
        ({"path": ["/"]}, "path must be text, got ['/']"),
        ({"path": "/", "method": None}, "method must be text, got null"),
        (http2("/", "$default", rawPath=3), "rawPath must be text, got 3"),
        (rest(headers=["a"]), "headers must be an object, got ['a']"),
        (rest(multiValueHeaders="a"), "multiValueHeaders must be an object"),
        (rest(body=5), "body must be text, got 5"),
        (rest(body="%%%", isBase64Encoded=True), "the body is not base64"),
        (rest(body="é", isBase64Encoded=True), "the body is not base64"),
        (rest(body="\ud800"), "the body is not UTF-8"),
        ({"inputs": [float("nan")]}, "the event has NaN"),
        ({"inputs": object()}, "or is no JSON"),
    ],
)
def test_other_events_are_refused(event: object, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        request(event)
    assert message in str(caught.value)


def test_a_nested_event_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidRequest, match="too deep a nesting"):
        request({"inputs": deep})


def test_a_body_larger_than_lambda_carries_is_refused() -> None:
    with pytest.raises(TooLarge, match="6291457 bytes long"):
        request(rest(body="a" * (MAX_BODY_BYTES + 1)))


def test_header_values_of_other_types_become_text() -> None:
    assert request(rest(headers={"A": 1, "B": None, "C": ["x", None, 2]})).headers == {"a": "1", "b": "", "c": "x, 2"}


@pytest.mark.parametrize(
    ("headers", "body", "binary"),
    [
        ({"Content-Type": "application/json"}, b"{}", False),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"\x1f\x8b", True),
        ({"Content-Type": "application/octet-stream"}, b"\0\xff", True),
    ],
)
def test_proxy_answers(headers: dict[str, str], body: bytes, *, binary: bool) -> None:
    answer = render_proxy(HttpResponse(201, headers, body))
    assert (answer["statusCode"], answer["headers"], answer["isBase64Encoded"]) == (201, headers, binary)
    assert (base64.b64decode(answer["body"]) if binary else answer["body"].encode()) == body


def sized(kind: str, size: int) -> HttpResponse:
    return HttpResponse(200, {"Content-Type": kind}, b'"' * size if kind == "application/json" else bytes(size))


@pytest.mark.parametrize(
    ("kind", "most"),
    [("application/json", MAX_ANSWER_BYTES // 2 - 128), ("application/octet-stream", MAX_ANSWER_BYTES // 4 * 3 - 256)],
)
def test_an_answer_fits_in_what_lambda_carries_or_is_refused(kind: str, most: int) -> None:
    written = json.dumps(render_proxy(sized(kind, most)))
    assert 0.999 * MAX_ANSWER_BYTES < len(written) <= MAX_ANSWER_BYTES
    with pytest.raises(TooLarge, match="the answer is larger than the 6291556 bytes"):
        render_proxy(sized(kind, most + 256))


def test_direct_answers_have_no_binary_part() -> None:
    with pytest.raises(InvalidRequest, match="binary outputs need an HTTP request"):
        render_direct(sized("application/octet-stream", 1))


def test_direct_answers_have_a_limit_too() -> None:
    with pytest.raises(TooLarge):
        render_direct(sized("application/json", MAX_ANSWER_BYTES))
