"""The outermost layer of a function that streams: what the observer hears, whoever ends the stream."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pilotlight_runtime.entry import BY_FUNCTIONS, KEYS_VARIABLE, Answer
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.observer import Record, Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.streaming.deadline import MARGIN, OutOfTime, until_deadline
from pilotlight_runtime.streaming.entry import CALLER_LEFT, StreamingEntry
from pilotlight_runtime.streaming.response import StreamedResponse

CONTEXT = SimpleNamespace(aws_request_id="id-1", can_stream=True)
EVENT = {"httpMethod": "POST", "path": "/v2", "requestContext": {"extendedRequestId": "gateway-1"}}


class Clock:
    """Seconds that pass where a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Notes:
    """An observer that keeps what it was told. closed: it fails as one does whose stream app.py has closed."""

    def __init__(self, *, closed: bool = False) -> None:
        self.records: list[Record] = []
        self._closed = closed

    def request(self, record: Record) -> None:
        self.records.append(record)
        if self._closed:
            raise ValueError("I/O operation on closed file")

    def warning(self, message: str, cause: BaseException | None) -> None:
        raise AssertionError(message, cause)


def streams(parts: Iterator[bytes]) -> Answer:
    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.begin("first_byte")
        return StreamedResponse.of({"a": "b"}, parts, lambda error: b"error: " + error)

    return answer


def begin(parts: Iterator[bytes], notes: Notes, clock: Clock | None = None, context: Any = CONTEXT) -> Any:
    return StreamingEntry(streams(parts), "/infer", notes, clock or Clock(), live=True)(EVENT, context)


def test_no_stream_begins_where_the_api_leaves_keys_to_functions_and_this_one_checks_none() -> None:
    begun: list[bytes] = []

    def parts() -> Iterator[bytes]:
        begun.append(b"part")
        yield b"part"

    handler = StreamingEntry(streams(parts()), "/infer", Notes(), Clock(), live=True)
    answer = handler({**EVENT, "stageVariables": {KEYS_VARIABLE: BY_FUNCTIONS}}, CONTEXT)
    assert (answer["statusCode"], begun) == (401, [])


def test_a_request_is_recorded_at_the_end_of_its_stream() -> None:
    clock, notes = Clock(), Notes()

    def parts() -> Iterator[bytes]:
        for _ in range(3):
            clock.now += 2
            yield b"part"

    answer = begin(parts(), notes, clock)
    assert (answer["statusCode"], answer["headers"]) == (200, {"a": "b"})
    assert clock.now == 2  # the first part is made before status and headers are sent
    assert notes.records == []
    assert list(answer["body"]) == [b"part"] * 3
    (record,) = notes.records
    assert (record.request_id, record.gateway_id, record.status, record.cold) == ("id-1", "gateway-1", 200, True)
    assert record.phases == {"event": 0, "first_byte": 2000, "stream": 4000}
    assert record.total == 6000


def test_no_part_at_all_is_an_empty_body() -> None:
    notes = Notes()
    assert list(begin(iter(()), notes)["body"]) == []
    assert notes.records[0].status == 200


def test_an_error_before_the_first_part_is_a_whole_answer() -> None:
    def parts() -> Iterator[bytes]:
        raise InvalidRequest("not so")
        yield b""

    notes = Notes()
    answer = begin(parts(), notes)
    assert (answer["statusCode"], list(answer["body"])) == (400, [b'{"error":"not so"}'])
    assert notes.records[0].status == 400


@pytest.mark.parametrize("error", [ValueError("secret"), SystemExit(3), GeneratorExit(), KeyboardInterrupt()])
def test_an_error_later_is_the_last_part(error: BaseException) -> None:
    def parts() -> Iterator[bytes]:
        yield b"one"
        raise error

    notes = Notes()
    first, last = begin(parts(), notes)["body"]
    assert first == b"one"
    assert last == b'error: {"error":"the function failed; its log has the cause","request_id":"id-1"}'
    assert (notes.records[0].status, notes.records[0].fault) == (500, error)


def test_a_caller_that_leaves_ends_the_work() -> None:
    ended = []

    def parts() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ended.append(True)

    notes = Notes()
    body = begin(parts(), notes)["body"]
    next(body)
    body.close()
    assert ended == [True]
    assert [(record.status, record.fault) for record in notes.records] == [(CALLER_LEFT, None)]


def test_what_fails_as_it_is_ended_is_the_functions_fault() -> None:
    error = ValueError("secret")

    def parts() -> Iterator[bytes]:
        try:
            yield b"one"
        finally:
            raise error

    notes = Notes()
    body = begin(parts(), notes)["body"]
    next(body)
    body.close()
    assert [(record.status, record.fault) for record in notes.records] == [(500, error)]


def test_a_caller_that_leaves_at_the_error_leaves_it_recorded() -> None:
    def parts() -> Iterator[bytes]:
        yield b"one"
        raise InvalidRequest("not so")

    notes = Notes()
    body = begin(parts(), notes)["body"]
    assert [next(body), next(body)] == [b"one", b'error: {"error":"not so"}']
    body.close()
    assert [record.status for record in notes.records] == [400]


def test_a_lost_log_line_loses_no_answer() -> None:
    notes = Notes(closed=True)
    assert list(begin(iter([b"one"]), notes)["body"]) == [b"one"]
    assert len(notes.records) == 1


@pytest.mark.parametrize(
    ("live", "context", "event"),
    [
        (False, CONTEXT, EVENT),
        (True, SimpleNamespace(), EVENT),
        (True, None, EVENT),
        (True, CONTEXT, {"path": "/v2"}),
        (True, CONTEXT, {**EVENT, "requestContext": None}),
        (True, CONTEXT, {**EVENT, "requestContext": {"http": {"method": "GET"}}, "rawPath": "/v2"}),
    ],
)
def test_whatever_cannot_stream_gets_the_body_whole(*, live: bool, context: Any, event: Any) -> None:
    notes = Notes()
    entry = StreamingEntry(streams(iter([b"one", b"two"])), "/infer", notes, Clock(), live=live)
    answer = entry(event, context)
    assert answer == {"statusCode": 200, "headers": {"a": "b"}, "isBase64Encoded": True, "body": "b25ldHdv"}
    assert [record.status for record in notes.records] == [200]


@pytest.mark.parametrize("event", [None, [], {"requestContext": {}}])
def test_an_event_of_no_known_kind_is_refused(event: Any) -> None:
    notes = Notes()
    entry = StreamingEntry(lambda _request, _trace: json_response({}), "/infer", notes, Clock(), live=True)
    assert entry(event, CONTEXT)["statusCode"] == 400


def test_parts_end_while_there_is_time_for_one_that_takes_as_long_as_the_longest() -> None:
    clock = Clock()
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 10_000 - clock.now * 1000)

    def parts() -> Iterator[bytes]:
        for seconds in (1, 4, 1, 1, 1, 1, 1, 1):
            clock.now += seconds
            yield b"part"

    taken = []
    with pytest.raises(OutOfTime):
        taken.extend(until_deadline(parts(), context, clock))
    assert clock.now == 6  # after 5 s there were 5 s left, more than 4 s and the margin
    assert (10_000 - clock.now * 1000) < 4000 + MARGIN
