import json
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from pilotlight_runtime.entry import Entry
from pilotlight_runtime.errors import InferenceFailed, MethodNotAllowed, NotFound
from pilotlight_runtime.events import MAX_ANSWER_BYTES
from pilotlight_runtime.observer import Record, Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response

CONTEXT = SimpleNamespace(aws_request_id="id-1")
EVENT = {"path": "/v2"}


class Notes:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def request(self, record: Record) -> None:
        self.records.append(record)

    def warning(self, message: str, cause: BaseException | None) -> None:
        raise AssertionError(message, cause)


def entry(answer: Any, notes: Notes) -> Entry:
    ticks = count()
    return Entry(answer, "/infer", notes, lambda: next(ticks) / 1000)


def failing(error: BaseException) -> Any:
    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "infer"
        trace.begin("decode")
        raise error

    return answer


def test_what_the_observer_hears() -> None:
    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "infer"
        trace.shapes = {"x": (1, 2)}
        trace.begin("decode")
        return json_response({})

    notes = Notes()
    handler = entry(answer, notes)
    event = {**EVENT, "httpMethod": "GET", "requestContext": {"extendedRequestId": "gateway-1"}}
    assert handler(event, CONTEXT)["statusCode"] == 200
    handler(EVENT, CONTEXT)
    first, second = notes.records
    assert (first.request_id, first.gateway_id, first.operation, first.status) == ("id-1", "gateway-1", "infer", 200)
    assert (first.shapes, first.fault) == ({"x": (1, 2)}, None)
    assert first.phases == pytest.approx({"event": 1, "decode": 1})
    assert first.total == pytest.approx(2)
    assert (first.cold, second.cold, second.gateway_id) == (True, False, "")


@pytest.mark.parametrize(
    ("error", "status", "document"),
    [
        (NotFound("not here"), 404, {"error": "not here"}),
        (MethodNotAllowed("PUT", "GET"), 405, {"error": "method 'PUT' is not allowed here; use GET"}),
        (InferenceFailed("it failed"), 500, {"error": "it failed", "request_id": "id-1"}),
        (
            ZeroDivisionError("secret"),
            500,
            {"error": "the function failed; its log has the cause", "request_id": "id-1"},
        ),
        *[
            (error, 500, {"error": "the function failed; its log has the cause", "request_id": "id-1"})
            for error in (SystemExit(0), KeyboardInterrupt(), GeneratorExit(), BaseException())
        ],
        (MemoryError(), 500, {"error": "the function failed; its log has the cause", "request_id": "id-1"}),
    ],
)
def test_every_failure_is_an_answer(error: BaseException, status: int, document: object) -> None:
    notes = Notes()
    answer = entry(failing(error), notes)(EVENT, CONTEXT)
    assert answer["statusCode"] == notes.records[0].status == status
    assert json.loads(answer["body"]) == document
    assert answer["headers"].get("Allow") == ("GET" if status == 405 else None)
    assert notes.records[0].fault is (error if status == 500 else None)
    assert "decode" in notes.records[0].phases


def test_an_answer_larger_than_lambda_carries_becomes_an_error() -> None:
    notes = Notes()
    answer = entry(lambda *_: json_response(["a" * MAX_ANSWER_BYTES]), notes)(EVENT, CONTEXT)
    assert answer["statusCode"] == notes.records[0].status == 413
    assert "the answer is larger" in json.loads(answer["body"])["error"]


def test_a_direct_inference_request_gets_its_errors_plainly() -> None:
    answer = entry(failing(NotFound("not here")), Notes())({"inputs": []}, CONTEXT)
    assert answer == {"error": "not here", "status": 404}


@pytest.mark.parametrize("event", [None, [], "x", 3, {}, {"requestContext": []}])
def test_what_is_no_event_is_a_bad_request(event: object) -> None:
    notes = Notes()
    assert entry(failing(NotFound("")), notes)(event, CONTEXT)["statusCode"] == 400
    assert notes.records[0].operation == ""


@pytest.mark.parametrize(
    "found", ["\ud800", "ä", "x" * 129, 7, None, "a b", "a\nb", 'a"b', "a.b", "<a>", "a/b", "\x1b[0m"]
)
def test_what_is_no_id_of_api_gateway_does_not_reach_the_log(found: object) -> None:
    notes = Notes()
    handler = entry(lambda *_: json_response({}), notes)
    handler({**EVENT, "requestContext": {"extendedRequestId": found}}, CONTEXT)
    handler({**EVENT, "requestContext": {"requestId": found, "http": {"method": "GET"}}}, CONTEXT)
    assert [record.gateway_id for record in notes.records] == ["", ""]


@pytest.mark.parametrize("found", ["c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "JKJaXmPLvHcESHA=", "a_b", ""])
def test_an_id_of_api_gateway_is_logged(found: str) -> None:
    notes = Notes()
    handler = entry(lambda *_: json_response({}), notes)
    handler({**EVENT, "requestContext": {"extendedRequestId": found}}, CONTEXT)
    handler({**EVENT, "requestContext": {"requestId": found, "http": {"method": "GET"}}}, CONTEXT)
    assert [record.gateway_id for record in notes.records] == [found, found]


@pytest.mark.parametrize("own", ["JKJaXmPLvHcESHA=", "", None])
def test_an_id_that_the_caller_sent_is_not_logged(own: str | None) -> None:
    """x-amzn-RequestId becomes the requestId of a REST API's event."""
    notes = Notes()
    context = {"requestId": "of-the-caller", **({} if own is None else {"extendedRequestId": own})}
    entry(lambda *_: json_response({}), notes)({**EVENT, "requestContext": context}, CONTEXT)
    assert notes.records[0].gateway_id == (own or "")


def test_where_the_api_leaves_keys_to_functions_one_that_checks_none_refuses() -> None:
    """A deployment that turns the service on changes the API before or after the functions."""
    asked: list[str] = []

    def answer(request: HttpRequest, _trace: object) -> HttpResponse:
        asked.append(request.path)
        return json_response({})

    handler = entry(answer, Notes())
    left = {**EVENT, "stageVariables": {"pilotlight_keys": "functions"}}
    refused = handler(left, CONTEXT)
    assert (refused["statusCode"], asked) == (401, [])
    assert "does not check keys" in refused["body"]
    for variables in (None, {}, [], "functions", {"pilotlight_keys": "gateway"}, {"another": "functions"}):
        assert handler({**EVENT, "stageVariables": variables}, CONTEXT)["statusCode"] == 200
    handler.wrap(lambda ask: ask)  # as one that checks keys
    assert handler(left, CONTEXT)["statusCode"] == 200


def test_of_a_function_url_the_log_has_lambdas_own_id() -> None:
    notes = Notes()
    context = {"requestId": "of-the-caller", "http": {"method": "GET"}, "domainName": "a.lambda-url.eu-west-1.on.aws"}
    entry(lambda *_: json_response({}), notes)({**EVENT, "requestContext": context}, CONTEXT)
    assert (notes.records[0].request_id, notes.records[0].gateway_id) == ("id-1", "")


def test_what_cannot_be_rendered_is_a_failure() -> None:
    notes = Notes()
    answer = entry(lambda *_: "no response", notes)(EVENT, CONTEXT)
    assert answer["statusCode"] == notes.records[0].status == 500
    assert isinstance(notes.records[0].fault, AttributeError)


@pytest.mark.parametrize("context", [None, SimpleNamespace(), SimpleNamespace(aws_request_id=7)])
def test_a_request_without_an_id_gets_one(context: object) -> None:
    notes = Notes()
    handler = entry(lambda *_: json_response({}), notes)
    handler(EVENT, context)
    handler(EVENT, context)
    first, second = (record.request_id for record in notes.records)
    assert len(first) == 32
    assert first != second
