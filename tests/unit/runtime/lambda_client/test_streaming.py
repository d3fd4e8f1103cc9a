"""Which results stream, and what is sent of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pilotlight_runtime.lambda_client.connection import Answer, ConnectionLost
from pilotlight_runtime.lambda_client.faults import Fault
from pilotlight_runtime.lambda_client.runtime_api import Invocation, RuntimeApi, RuntimeApiError
from pilotlight_runtime.lambda_client.streaming import HTTP, RAW, find_stream, send

EVENT = Invocation(Answer(200, {"lambda-runtime-aws-request-id": "r-1"}, b""))


class Sent:
    """A connection that keeps what is sent; after `most` sends it has ended, with an early answer or without."""

    host = b"host:1"

    def __init__(self, most: int = 1000, status: int = 202, *, early: bool = False) -> None:
        self.pieces: list[bytes] = []
        self.closed = False
        self._most = most
        self._status = status
        self._early = early

    def send(self, data: bytes) -> None:
        if len(self.pieces) == self._most:
            raise ConnectionLost("gone")
        self.pieces.append(data)

    def renew(self) -> None:
        assert self.pieces == []

    def receive(self) -> Answer:
        if len(self.pieces) == self._most and not self._early:
            raise ConnectionLost("gone")
        return Answer(self._status, {}, b"refused")

    def close(self) -> None:
        self.closed = True


def sent(result: Any, connection: Sent, event: Any = None) -> Any:
    stream = find_stream(result, event)
    assert stream is not None
    return send(RuntimeApi(connection, "pilotlight"), EVENT, stream)  # type: ignore[arg-type]


def parts(*given: bytes) -> Iterator[bytes]:
    yield from given


@pytest.mark.parametrize("result", [None, b"x", "x", [b"x"], {"body": "x"}, {"body": [b"x"]}, {"parts": iter(())}, 1])
def test_other_results_are_whole(result: object) -> None:
    assert find_stream(result, {"requestContext": {}}) is None


def test_a_head_comes_with_an_http_answer() -> None:
    stream = find_stream({"statusCode": 201, "body": parts(b"x")}, {})
    assert stream is not None
    assert (stream.content_type, stream.prelude) == (HTTP, b'{"statusCode": 201}' + b"\0" * 8)


@pytest.mark.parametrize(
    ("event", "kind", "prelude"),
    [
        (
            {"requestContext": {}},
            HTTP,
            b'{"statusCode": 200, "headers": {"content-type": "application/octet-stream"}}' + b"\0" * 8,
        ),
        ({"other": 1}, RAW, b""),
        ([1], RAW, b""),
        (b"x", RAW, b""),
    ],
)
def test_an_iterator_alone(event: object, kind: bytes, prelude: bytes) -> None:
    stream = find_stream(parts(b"x"), event)
    assert stream is not None
    assert (stream.content_type, stream.prelude) == (kind, prelude)


def test_the_head_is_refused_where_json_cannot_hold_it() -> None:
    with pytest.raises(Fault, match="Object of type set is not JSON serializable"):
        find_stream({"headers": {1}, "body": parts(b"x")}, {})


def test_each_part_is_a_chunk_and_empty_ones_are_left_out() -> None:
    connection = Sent()
    assert sent(parts(b"", b"one", b"", b"x" * 20, b""), connection) is None
    head, *chunks = connection.pieces
    assert head.startswith(b"POST /2018-06-01/runtime/invocation/r-1/response HTTP/1.1\r\n")
    assert b"\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n" in head
    assert head.endswith(b"\r\n\r\n")
    assert chunks == [b"3\r\none\r\n", b"14\r\n" + b"x" * 20 + b"\r\n", b"0\r\n\r\n"]


def test_an_error_in_the_middle_is_in_the_trailers() -> None:
    def failing() -> Iterator[bytes]:
        yield b"x"
        raise ValueError("no é")

    connection = Sent()
    report = sent(failing(), connection)
    assert (report.kind, report.message) == ("ValueError", "no é")
    lines = connection.pieces[-1].split(b"\r\n")
    assert lines[0] == b"0"
    assert lines[1] == b"Lambda-Runtime-Function-Error-Type: ValueError"
    name, _, body = lines[2].partition(b": ")
    assert name == b"Lambda-Runtime-Function-Error-Body"
    assert json.loads(base64.b64decode(body, validate=True))["errorMessage"] == "no é"
    assert lines[3:] == [b"", b""]


def test_an_error_before_the_first_part_is_the_handlers() -> None:
    def failing() -> Iterator[bytes]:
        raise ValueError("no")
        yield b"x"

    with pytest.raises(ValueError, match="no"):
        find_stream(failing(), {})


@pytest.mark.parametrize("most", [0, 1, 2])
def test_a_caller_that_has_left_ends_the_iterator(most: int) -> None:
    ended = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            ended.append(True)

    connection = Sent(most)
    assert sent(endless(), connection) is None
    assert connection.closed
    assert ended == [True]


def test_an_iterator_that_cannot_be_closed_is_left() -> None:
    connection = Sent(1)
    assert sent(iter([b"x", b"y"]), connection) is None
    assert connection.closed


def test_a_refusal_is_raised() -> None:
    with pytest.raises(RuntimeApiError, match="the Runtime API answered a streamed response with 413: refused"):
        sent(parts(b"x"), Sent(status=413))


def test_what_refuses_a_stream_before_its_end_is_raised() -> None:
    ended = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            ended.append(True)

    with pytest.raises(RuntimeApiError, match="answered a streamed response with 413: refused"):
        sent(endless(), Sent(3, 413, early=True))
    assert ended == [True]


class Counting:
    """An iterator that is no iterable."""

    def __init__(self) -> None:
        self._left = 2

    def __next__(self) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise StopIteration
        return b"x"


def test_an_iterator_needs_no_iter() -> None:
    connection = Sent()
    assert sent(Counting(), connection) is None
    assert connection.pieces.count(b"1\r\nx\r\n") == 2
