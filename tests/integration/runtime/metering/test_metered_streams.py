"""Streams of a metered handler: what they reserve, what they are charged in the end, and what changes meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from support.metered_bench import KEY, OTHER, Bench
from support.metered_entry import (
    Context,
    counter,
    make_event,
    stream_tokens,
)
from support.tenants import NOW, TENANT, make_item

from pilotlight_runtime.metering.tariff import Tariff
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response

DAY = 86_400
WHOLE = Context(can_stream=False)
TOKENS = Tariff({"tokens_in": 1, "tokens_out": 2}, {"2026-11-01": {"tokens_in": 1_000_000, "tokens_out": 3_000_000}})


def read_stream(answer: dict[str, Any], parts: int | None = None) -> list[bytes]:
    body = answer["body"]
    found = [next(body) for _ in range(parts)] if parts is not None else list(body)
    body.close()
    return found


def test_a_stream_reserves_the_most_and_settles_what_it_used(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)(make_event(KEY), Context())
    first = next(answer["body"])
    assert bench.item["day_left"] == 100 - 5 - 2 * 20
    assert answer["headers"]["x-ratelimit-remaining-tokens"] == "55"
    assert bench.lines == []
    assert [first, *read_stream(answer)] == [b"part %d;" % number for number in range(4)]
    assert bench.item["day_left"] == 100 - 5 - 2 * 4
    assert counter(bench.item, KEY, "tokens_out") == 4
    assert bench.item["m#2026-11#k0#tiny"] == 5 + 3 * 4
    assert [(line["message"], line["units"], line["micro_dollars"]) for line in bench.lines] == [("charge", 13, 17)]


def test_a_stream_that_its_caller_leaves_is_charged_what_was_made(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(9, 20), tariff=TOKENS)(make_event(KEY), Context())
    read_stream(answer, 3)
    assert bench.item["day_left"] == 100 - 5 - 2 * 3
    assert counter(bench.item, KEY, "tokens_out") == 3


@pytest.mark.parametrize(("failing_at", "left", "lines"), [(0, 100, 0), (2, 100 - 5 - 2 * 2, 1)])
def test_a_stream_that_fails_is_charged_what_was_sent(bench: Bench, failing_at: int, left: int, lines: int) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    handler = bench.start(answer=stream_tokens(9, 20, failing_at=failing_at), tariff=TOKENS)
    list(handler(make_event(KEY), Context())["body"])
    assert bench.item["day_left"] == left
    assert len(bench.lines) == lines


@pytest.mark.parametrize("failing_at", [0, 2, 8])
def test_a_stream_that_is_answered_whole_and_fails_costs_nothing(bench: Bench, failing_at: int) -> None:
    """Its caller gets an error, and none of its parts."""
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(9, 20, failing_at=failing_at), tariff=TOKENS)(make_event(KEY), WHOLE)
    assert answer["statusCode"] == 500
    assert "part" not in answer["body"]
    assert (bench.item["day_left"], counter(bench.item, KEY, "tokens_out"), bench.lines) == (100, 0, [])


@pytest.mark.parametrize("context", [Context(), WHOLE])
def test_a_stream_without_any_part_is_an_answer(bench: Bench, context: Context) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(0, 20), tariff=TOKENS)(make_event(KEY), context)
    assert (answer["statusCode"], b"".join(answer["body"]) if context.can_stream else answer["body"].encode()) == (
        200,
        b"",
    )
    assert (bench.item["day_left"], len(bench.lines)) == (95, 1)


def test_a_stream_that_nobody_reads_is_settled(bench: Bench) -> None:
    """As where the connection is lost before the first part is sent. That part was made."""
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(9, 20), tariff=TOKENS)(make_event(KEY), Context())
    answer["body"].close()
    assert bench.item["day_left"] == 100 - 5 - 2


def test_a_stream_is_settled_once(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    answer = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)(make_event(KEY), Context())
    list(answer["body"])
    for _ in range(2):
        answer["body"].close()
        assert next(answer["body"], None) is None
    assert (bench.item["day_left"], len(bench.lines)) == (87, 1)


def test_a_request_reserves_once(bench: Bench) -> None:
    """A second reservation would be charged without a look at what is left."""

    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        assert trace.tally is not None
        trace.tally.reserve({"tokens_out": 1})
        trace.tally.reserve({"tokens_out": 99})
        return json_response({})

    handler = bench.start(answer=answer, tariff=Tariff({"tokens_out": 1}, {}))
    assert handler(make_event(KEY), None)["statusCode"] == 500
    assert bench.item["day_left"] == 3


def test_a_stream_over_the_limit_never_begins(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=44))
    answer = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)(make_event(KEY), Context())
    assert answer["statusCode"] == 429
    assert bench.item["day_left"] == 44


@pytest.mark.parametrize("change", [{"state": "suspended"}, {"keys": {}}])
def test_a_key_revoked_in_mid_stream_ends_with_this_answer_and_is_settled(bench: Bench, change: dict[str, Any]) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    handler = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)
    answer = handler(make_event(KEY), Context())
    next(answer["body"])
    bench.table.put(TENANT, {**bench.item, **change})
    assert len(read_stream(answer)) == 3
    assert bench.item["day_left"] == 100 - 5 - 2 * 4
    assert bench.item["u#2026-11#k0#tiny#tokens_out"] == 4
    assert handler(make_event(KEY), Context())["statusCode"] in (401, 403)


def test_a_day_that_begins_in_mid_stream_keeps_its_whole_limit(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100, month_limit=1000))
    bench.now = NOW + DAY - 1
    handler = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)
    answer = handler(make_event(KEY), Context())
    bench.now += 1
    other = handler(make_event(KEY), Context())
    read_stream(answer)
    assert (bench.item["day"], bench.item["day_left"]) == ("2026-11-27", 55)
    read_stream(other)
    assert (bench.item["day_left"], bench.item["month_left"]) == (87, 1000 - 2 * 13)


def test_a_month_that_begins_in_mid_stream_leaves_the_charge_in_the_month_before(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100, month_limit=200))
    bench.now = NOW + 5 * DAY - 1
    handler = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)
    answer = handler(make_event(KEY), Context())
    bench.now += 1
    other = handler(make_event(KEY), Context())
    read_stream(answer)
    assert (bench.item["month"], bench.item["month_left"]) == ("2026-12", 155)
    assert counter(bench.item, KEY, "tokens_out") == 4
    read_stream(other)
    assert (bench.item["day_left"], bench.item["month_left"]) == (87, 187)
    assert counter(bench.item, KEY, "tokens_out", month="2026-12") == 4
    assert [(line["month"], line["units"]) for line in bench.lines] == [("2026-11", 13), ("2026-12", 13)]


def test_a_price_that_changes_in_mid_stream_counts_from_the_next_request_on(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, month_limit=1000))
    dear = {"2026-11-01": {"tokens_out": 1_000_000}, "2026-11-27": {"tokens_out": 7_000_000}}
    bench.now = NOW + DAY - 1
    handler = bench.start(answer=stream_tokens(4, 20), tariff=Tariff({"tokens_out": 1}, dear))
    answer = handler(make_event(KEY), Context())
    assert bench.item["m#2026-11#k0#tiny"] == 20
    bench.now += 1
    read_stream(answer)
    assert bench.item["m#2026-11#k0#tiny"] == 4
    read_stream(handler(make_event(KEY), Context()))
    assert bench.item["m#2026-11#k0#tiny"] == 4 + 28
    assert [line["micro_dollars"] for line in bench.lines] == [4, 28]


def test_a_key_rotated_in_mid_stream_keeps_its_counters(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=100))
    handler = bench.start(answer=stream_tokens(4, 20), tariff=TOKENS)
    answer = handler(make_event(KEY), Context())
    next(answer["body"])
    rotated = make_item({KEY: {"id": "k0", "expires": int(NOW) + 1}, OTHER: {"id": "k0"}})
    bench.table.put(TENANT, {**bench.item, "keys": rotated["keys"]})
    bench.now += 1
    read_stream(answer)
    assert handler(make_event(KEY), Context())["statusCode"] == 401
    read_stream(handler(make_event(OTHER), Context()))
    assert counter(bench.item, OTHER, "tokens_out") == 8
    assert bench.item["day_left"] == 100 - 2 * 13


def test_a_stream_without_tokens_is_charged_before_its_first_part(bench: Bench) -> None:
    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "generate_stream"
        return stream_tokens(2, 0)(_request, Trace(lambda: 0.0))

    started = bench.start(answer=answer)(make_event(KEY), Context())
    assert bench.item["day_left"] == 2
    assert len(read_stream(started)) == 2
    assert bench.item["day_left"] == 2
    assert [line["units"] for line in bench.lines] == [1]
