"""Which requests are captured, and what is collected of streams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pilotlight_runtime.metering.captures.documents import MOST_BYTES, Exchange
from pilotlight_runtime.metering.captures.sampling import CollectedParts, Sampler, Served
from pilotlight_runtime.metering.captures.start import draw, start_captures
from pilotlight_runtime.metering.memory import Caller
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.streaming.response import StreamedResponse

CALLER = Caller("Tenant01", "5" * 64, "k0")
REQUEST = HttpRequest("POST", "/v2/models/tiny/infer", {"x-api-key": "plk_live_secret"}, b"{}")
NOW = 1_795_651_200.0


class Written:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.deadlines: list[float | None] = []

    def write(self, exchange: Exchange, deadline_ms: float | None = None) -> None:
        self.exchanges.append(exchange)
        self.deadlines.append(deadline_ms)


def make_sampler(
    written: Any, share: float = 1.0, drawn: float = 0.0, defer: Callable[[Callable[[int], bool]], None] | None = None
) -> Sampler:
    served = Served("tiny", "0123456789ab")
    return Sampler(served, share, written, draw=lambda: drawn, clock=lambda: NOW, defer=defer)


def follow(sampler: Sampler, request: HttpRequest = REQUEST, response: HttpResponse | None = None) -> Any:
    return sampler.follow(CALLER, request, "invocation-1", response or json_response({"answer": 42}))


@pytest.mark.parametrize(
    ("share", "drawn", "captured"),
    [(1.0, 0.999999, 1), (0.01, 0.0099, 1), (0.01, 0.01, 0), (0.01, 0.5, 0), (0.5, 0.0, 1)],
)
def test_a_request_is_captured_where_the_number_is_below_the_share(share: float, drawn: float, captured: int) -> None:
    written = Written()
    finish = follow(make_sampler(written, share, drawn))
    assert (finish is not None) is bool(captured)
    if finish is not None:
        finish(200)
    assert len(written.exchanges) == captured


def test_numbers_are_drawn_from_the_whole_range() -> None:
    drawn = [draw() for _ in range(4000)]
    assert all(0 <= each < 1 for each in drawn)
    assert len(set(drawn)) == len(drawn)
    assert 0.45 < sum(drawn) / len(drawn) < 0.55
    assert 300 < sum(each < 0.1 for each in drawn) < 500


def test_an_exchange_has_no_header() -> None:
    written = Written()
    follow(make_sampler(written))(200)
    assert written.exchanges == [
        Exchange(
            time=int(NOW),
            tenant="Tenant01",
            key_id="k0",
            model="tiny",
            version="0123456789ab",
            request_id="invocation-1",
            method="POST",
            path="/v2/models/tiny/infer",
            status=200,
            request=b"{}",
            response=b'{"answer":42}',
            whole=True,
        )
    ]


@pytest.mark.parametrize("status", [400, 413, 499, 500, 504])
def test_what_the_caller_does_not_get_is_not_captured(status: int) -> None:
    """Such as an answer that is larger than Lambda carries, which is found out when it is rendered."""
    written = Written()
    follow(make_sampler(written))(status)
    assert written.exchanges == []


def test_uploads_and_long_bodies_are_left_out() -> None:
    sampler = make_sampler(Written())
    assert follow(sampler, REQUEST._replace(headers={"content-location": "s3://bucket/uploads/x"})) is None
    assert follow(sampler, REQUEST._replace(body=b"a" * (MOST_BYTES + 1))) is None
    assert follow(sampler, response=HttpResponse(200, {}, b"a" * (MOST_BYTES + 1))) is None
    assert follow(sampler, REQUEST._replace(body=b"a" * MOST_BYTES)) is not None


def test_a_document_stands_for_a_body() -> None:
    """Lambda has parsed a direct invocation. It may have NaN, which Python reads."""
    written = Written()
    request = REQUEST._replace(body=b"", document={"a": float("nan"), "b": "\ud800"})
    response = HttpResponse(200, {}, b"", {"y": [1.5]})
    follow(make_sampler(written), request, response)(200)
    (exchange,) = written.exchanges
    assert (exchange.request, exchange.response) == (b'{"a":NaN,"b":"\\ud800"}', b'{"y":[1.5]}')


def test_a_document_that_cannot_be_written_costs_no_answer() -> None:
    """One that is nested too deeply for Python, for which Lambda's own parser has room."""
    lost = []

    class Losing(Written):
        def lose(self, *facts: str) -> None:
            lost.append(facts)

    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert follow(make_sampler(Losing()), REQUEST._replace(body=b"", document=deep)) is None
    assert lost == [("Tenant01", "invocation-1", "memory")]


def test_a_capture_is_put_off_where_it_can_be() -> None:
    written, later = Written(), list[Callable[[int], bool]]()
    follow(make_sampler(written, defer=later.append))(200)
    assert written.exchanges == []
    assert [work(1234) for work in later] == [True]
    assert written.deadlines == [1234]


def stream(parts: list[bytes]) -> StreamedResponse:
    return StreamedResponse.of({}, iter(parts), lambda error: error)


@pytest.mark.parametrize(
    ("parts", "kept", "whole"),
    [
        ([], b"", True),
        ([b"one", b"two"], b"onetwo", True),
        ([b"a" * MOST_BYTES], b"a" * MOST_BYTES, True),
        ([b"a" * MOST_BYTES, b"b"], b"a" * MOST_BYTES, False),
        ([b"a" * (MOST_BYTES - 1), b"bc", b"d"], b"a" * (MOST_BYTES - 1) + b"b", False),
    ],
)
def test_the_beginning_of_a_stream_is_kept(parts: list[bytes], kept: bytes, whole: object) -> None:
    written, response = Written(), stream(parts)
    finish = follow(make_sampler(written), response=response)
    assert list(response.parts) == parts
    finish(200)
    (exchange,) = written.exchanges
    assert (exchange.response, exchange.whole) == (kept, whole)


def test_a_stream_that_is_closed_ends_its_source() -> None:
    ended = []

    def source() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ended.append(True)

    parts = CollectedParts(source())
    assert next(parts) == b"one"
    parts.close()
    assert ended == [True]
    assert parts.collect() == (b"one", True)
    CollectedParts(iter([b"a list has no close"])).close()


def test_captures_are_put_off_under_our_own_client_alone() -> None:
    loop = SimpleNamespace(after_response=[])
    manifest = {"model": "tiny", "version": "v", "capture": {"share": 1, "days": 1}}
    environ = {"PILOTLIGHT_CAPTURES": "/nowhere", "PILOTLIGHT_SERVICE_TABLE": "sqlite:/nowhere"}
    for modules, put_off in (({}, 0), ({"pilotlight_runtime.lambda_client.loop": loop}, 1)):
        sampler = start_captures(manifest, environ, lambda _: None, io.StringIO(), lambda: NOW, modules)
        follow(sampler)(200)
        assert len(loop.after_response) == put_off
