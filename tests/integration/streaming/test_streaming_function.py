"""A function that streams, in a process of its own, with both clients, against the Runtime API of this machine."""

import gzip
import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.streaming_function import (
    AWS,
    GENERATE,
    OWN,
    STREAM,
    RunningFunction,
    package_streaming,
    read_events,
    read_stream,
    request,
    running,
)

from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.streaming.entry import CALLER_LEFT

EVENT_STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
CLIENTS = [pytest.param(OWN, id="own")]
if sys.platform == "linux":  # AWS's client has wheels for it alone
    CLIENTS.append(pytest.param(AWS, id="aws"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFunction]:
    folder = tmp_path_factory.mktemp("function")
    package_streaming(folder)
    with running(folder) as function:
        yield function


def invoke(function: RunningFunction, event: object, timeout: float = 29.0) -> tuple[Any, bytes]:
    """The head and the bytes of the response to an event."""
    response = function.api.invoke(json.dumps(event).encode(), timeout=timeout).read()
    assert response.fault is None
    assert response.head is not None
    return response.head, response.body


def words(events: list[dict[str, Any]]) -> list[Any]:
    return [event.get("y", event.get("error")) for event in events]


def last_record(function: RunningFunction, count: int) -> dict[str, Any]:
    """The last of `count` new log lines of requests; a stream is recorded after its last byte."""
    ends = time.monotonic() + 10
    while len(function.records()) < count:
        assert time.monotonic() < ends, function.log.read_text()
        time.sleep(0.01)
    return function.records()[-1]


def test_words_come_as_events_behind_status_and_headers(own: RunningFunction) -> None:
    before = len(own.records())
    head, body = invoke(own, request(STREAM, {"x": "ein Vogel \u2603"}))
    assert (head.streaming, head.content_type) == (True, "application/vnd.awslambda.http-integration-response")
    assert body.startswith(b'{"statusCode"')
    assert body.count(b"\0") == 8
    streamed = read_stream(body)
    assert streamed.prelude == {"statusCode": 200, "headers": EVENT_STREAM}
    events = read_events(streamed.body)
    assert words(events) == ["ein", "Vogel", "\u2603"]
    assert {event["model_name"] for event in events} == {"tiny"}
    line = last_record(own, before + 1)
    assert (line["operation"], line["status"], line["level"]) == ("generate_stream", 200, "INFO")
    assert line["gateway_id"] == "gateway-1"
    assert line["inputs"] == {"x": [1]}
    assert list(line["milliseconds"]) == ["event", "decode", "first_byte", "stream", "total"]


def test_the_first_part_comes_long_before_the_last(own: RunningFunction) -> None:
    event = request(STREAM, {"x": " ".join(["wait0.01"] * 50)})
    began = time.monotonic()
    with own.api.invoke(json.dumps(event).encode()) as response:
        parts = iter(response)
        next(part for part in parts if b"data: " in part)
        first = time.monotonic() - began
        assert sum(part.count(b"data: ") for part in parts) == 49
    assert first < (time.monotonic() - began) / 4


@pytest.mark.parametrize(
    ("event", "status", "answer"),
    [
        (request(GENERATE, {"x": "ein Vogel"}), 200, {"y": "ein Vogel"}),
        (request("/v2/models/tiny/ready"), 200, {"ready": True}),
        (request("/v2/models/tiny/nowhere"), 404, {"error": "there is no route for '/v2/models/tiny/nowhere'"}),
        (request(STREAM), 405, {"error": "method 'GET' is not allowed here; use POST"}),
        (request(STREAM, b""), 400, {"error": "the body is empty; a generate request is a JSON object of inputs"}),
        (request(STREAM, {"x": "refuse"}), 400, {"error": "refused"}),
        (request(STREAM, {"x": "fail"}), 500, {"error": "the function failed; its log has the cause"}),
        (request(STREAM, {"x": "exit"}), 500, {"error": "the function failed; its log has the cause"}),
        (request(STREAM, {"x": "nothing"}), 500, {"error": "stream yielded no dict of outputs"}),
        (request(STREAM, {"x": "shapeless"}), 500, {"error": "predict gave no tensor for output 'z'"}),
        (
            request(STREAM, {"x": "a", "top_k": 3}),
            400,
            {"error": "input 'top_k' is not one of the model's, which are 'x'"},
        ),
    ],
)
def test_what_is_not_streamed_has_a_status_of_its_own_in_the_form_of_a_stream(
    own: RunningFunction, event: dict[str, Any], status: int, answer: dict[str, Any]
) -> None:
    before = len(own.records())
    head, body = invoke(own, event)
    assert head.streaming
    streamed = read_stream(body)
    assert streamed.prelude["statusCode"] == status
    assert json.loads(streamed.body).items() >= answer.items()
    assert last_record(own, before + 1)["status"] == status
    assert "canary" not in own.log.read_text()


def test_binary_answers_are_bytes_and_no_base64(own: RunningFunction) -> None:
    tensor = {"name": "x", "datatype": "BYTES", "shape": [1], "data": ["\u2603"]}
    asked = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    streamed = read_stream(invoke(own, request("/v2/models/tiny/infer", asked))[1])
    assert streamed.prelude["headers"]["Content-Type"] == "application/octet-stream"
    assert streamed.body.endswith(b"\x03\0\0\0\xe2\x98\x83")


def test_a_large_answer_is_compressed_where_the_caller_takes_that(own: RunningFunction) -> None:
    text = "ein Vogel " * 500_000
    asked = request(GENERATE, gzip.compress(json.dumps({"x": text}).encode()), Content_Encoding="gzip")
    streamed = read_stream(invoke(own, asked)[1])
    assert json.loads(streamed.body)["y"] == text
    asked["headers"]["Accept-Encoding"] = "gzip"
    packed = read_stream(invoke(own, asked)[1])
    assert packed.prelude["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == streamed.body


@pytest.mark.parametrize(("word", "kind"), [("fail", "ValueError"), ("exit", "SystemExit"), ("leave", "GeneratorExit")])
def test_an_error_in_the_middle_is_the_last_event_and_is_recorded(own: RunningFunction, word: str, kind: str) -> None:
    before = len(own.records())
    events = read_events(read_stream(invoke(own, request(STREAM, {"x": f"a b {word} c"}))[1]).body)
    assert words(events) == ["a", "b", "the function failed; its log has the cause"]
    line = last_record(own, before + 1)
    assert (line["status"], line["level"], line["exception_name"]) == (500, "ERROR", kind)
    assert events[-1]["request_id"] == line["request_id"]
    assert own.lines()[-1]["Errors"] == [1.0]
    assert "canary" not in own.log.read_text()


def test_a_refusal_in_the_middle_is_the_last_event_with_its_message(own: RunningFunction) -> None:
    before = len(own.records())
    events = read_events(read_stream(invoke(own, request(STREAM, {"x": "a refuse c"}))[1]).body)
    assert words(events) == ["a", "refused"]
    assert last_record(own, before + 1)["status"] == 400


def test_a_stream_ends_in_order_before_the_function_must(own: RunningFunction) -> None:
    before = len(own.records())
    _, body = invoke(own, request(STREAM, {"x": " ".join(["wait0.1"] * 100)}), timeout=1.5)
    events = read_events(read_stream(body).body)
    assert 3 <= len(events) <= 11
    assert words(events)[-1] == "the answer is not complete: the function may not run any longer; ask for less at once"
    line = last_record(own, before + 1)
    assert (line["status"], line["exception_name"]) == (504, "OutOfTime")
    assert line["milliseconds"]["total"] < 1400


def test_a_caller_that_leaves_ends_the_work_and_is_recorded(own: RunningFunction) -> None:
    before = len(own.records())
    ended = own.log.read_text().count("ended\n")
    event = request(STREAM, {"x": " ".join(["wait0.02"] * 500)})
    with own.api.invoke(json.dumps(event).encode()) as response:
        next(iter(response))
    line = last_record(own, before + 1)
    assert (line["status"], line["level"]) == (CALLER_LEFT, "INFO")
    assert line["milliseconds"]["total"] < 5000
    assert own.log.read_text().count("ended\n") == ended + 1
    assert words(read_events(read_stream(invoke(own, request(STREAM, {"x": "next"}))[1]).body)) == ["next"]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"path": STREAM, "method": "POST", "body": {"x": "a b"}}, id="direct"),
        pytest.param(
            {
                "rawPath": STREAM,
                "headers": {},
                "body": '{"x": "a b"}',
                "requestContext": {"http": {"method": "POST"}, "domainName": "a.execute-api.eu-west-1.amazonaws.com"},
            },
            id="http-api",
        ),
    ],
)
def test_a_sender_that_cannot_stream_gets_all_events_at_once(own: RunningFunction, event: dict[str, Any]) -> None:
    head, body = invoke(own, event)
    assert not head.streaming
    answer = json.loads(body)
    assert (answer["statusCode"], answer["headers"], answer["isBase64Encoded"]) == (200, EVENT_STREAM, False)
    assert words(read_events(answer["body"].encode())) == ["a", "b"]


def test_a_function_url_streams(own: RunningFunction) -> None:
    context = {"http": {"method": "POST"}, "domainName": "abc.lambda-url.eu-west-1.on.aws"}
    head, body = invoke(own, {"rawPath": STREAM, "body": '{"x": "a b"}', "requestContext": context})
    assert head.streaming
    assert words(read_events(read_stream(body).body)) == ["a", "b"]


def test_a_direct_inference_request_is_answered_whole(own: RunningFunction) -> None:
    head, body = invoke(own, {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["a"]}]})
    assert not head.streaming
    assert json.loads(body)["outputs"][0]["data"] == ["a"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [True, False])
def test_answers_are_whole_where_the_client_or_the_version_does_not_stream(
    tmp_path: Path, client: tuple[str, ...], *, stream: bool
) -> None:
    package_streaming(tmp_path, stream=stream)
    with running(tmp_path, client) as function:
        head, body = invoke(function, request(STREAM, {"x": "a b"}))
        assert head.streaming == (stream and client is OWN)
        if head.streaming:
            return
        answer = json.loads(body)
        assert (answer["statusCode"], answer["headers"]) == (200, EVENT_STREAM)
        assert words(read_events(answer["body"].encode())) == ["a", "b"]
        answer = json.loads(invoke(function, request(STREAM, {"x": "a b fail"}))[1])
        assert answer["statusCode"] == 500  # nothing has been sent, so the answer has the status
        assert [line["status"] for line in function.records()] == [200, 500]


def test_a_version_that_streams_needs_no_function_that_does(tmp_path: Path) -> None:
    app = "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n"
    package_streaming(tmp_path, app=app)
    with running(tmp_path) as function:
        tensor = {"name": "x", "datatype": "BYTES", "shape": [1], "data": ["a"]}
        streamed = read_stream(invoke(function, request("/v2/models/tiny/infer", {"inputs": [tensor]}))[1])
        assert json.loads(streamed.body)["outputs"][0]["data"] == ["a"]
        assert read_stream(invoke(function, request(STREAM, {"x": "a"}))[1]).prelude["statusCode"] == 404


@pytest.mark.parametrize(("environ", "live"), [({}, True), ({"AWS_SAM_LOCAL": "true"}, False)])
def test_sam_local_gets_whole_answers_since_its_api_does_not_stream(
    tmp_path: Path, environ: dict[str, str], *, live: bool
) -> None:
    package_streaming(tmp_path)
    handler = model_handler(str(tmp_path / "app.py"), environ=environ, stream=io.StringIO())
    context = SimpleNamespace(aws_request_id="id-1", can_stream=True)
    answer = handler(request("/v2/models/tiny/ready"), context)
    body = b"".join(answer["body"]) if live else answer["body"].encode()
    assert json.loads(body) == {"name": "tiny", "ready": True}
