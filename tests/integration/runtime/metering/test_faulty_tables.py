"""A table that is away, slow or throttled: 503 in time, nothing is answered uncharged, and nothing is sent twice."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.fault_proxy import (
    DRIP,
    DROP_REPLY,
    FAIL,
    GARBLE,
    OTHER,
    PASS,
    REFUSE,
    STALL,
    THROTTLE,
    FaultProxy,
    write_reply,
)
from support.metered_entry import Context, MeteredEntry, make_event, make_metered, stream_tokens
from support.tenants import NOW, TENANT, Table, dynamo_environ, make_charge, make_item, new_key, open_store

from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tariff import Tariff

KEY = new_key()
TOKENS = Tariff({"tokens_in": 1, "tokens_out": 2}, {})
BOUND = 3.0
"""Seconds in which the caller must have an answer."""
DONE = (DROP_REPLY, STALL, DRIP, FAIL, GARBLE)
"""Faults after which the table has done what it was asked."""
NOT_DONE = (REFUSE, THROTTLE)


@pytest.fixture
def proxy(moto: Table) -> Iterator[FaultProxy]:
    made = FaultProxy(int(moto.url.rpartition(":")[2]))
    moto.put(TENANT, make_item({KEY: {}}, day_limit=100))
    yield made
    made.close()


class Served:
    """A metered handler behind the proxy, with its log."""

    def __init__(self, proxy: FaultProxy, **options: Any) -> None:
        self.log = io.StringIO()
        self.entry: MeteredEntry = make_metered(dynamo_environ(proxy.url), self.log, now=lambda: NOW, **options)

    @property
    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.log.getvalue().splitlines()]


@pytest.fixture
def serve(proxy: FaultProxy) -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def start(**options: Any) -> Served:
        made.append(Served(proxy, **options))
        return made[-1]

    yield start
    for served in made:
        served.entry.close()


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_a_charge_without_a_reply_is_503_and_the_next_one_works(
    moto: Table, proxy: FaultProxy, serve: Callable[..., Served], fault: str
) -> None:
    served = serve()
    assert served.entry(make_event(KEY))["statusCode"] == 200
    proxy.fault, before = fault, proxy.requests
    began = time.monotonic()
    answer = served.entry(make_event(KEY))
    assert time.monotonic() - began < BOUND
    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "1"
    assert "cannot check its quotas" in answer["body"]
    assert proxy.requests == before + 1, "it was sent twice"
    assert moto.get(TENANT)["day_left"] == (98 if fault in DONE else 99)
    lost = [] if fault == THROTTLE else ["charge lost"]
    assert served.messages == ["charge", *lost]
    proxy.fault = PASS
    assert served.entry(make_event(KEY))["statusCode"] == 200
    assert moto.get(TENANT)["day_left"] == (97 if fault in DONE else 98)


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_a_key_that_cannot_be_looked_up_is_503_and_runs_no_model(
    proxy: FaultProxy, serve: Callable[..., Served], fault: str
) -> None:
    served = serve()
    proxy.fault = fault
    assert served.entry(make_event(KEY))["statusCode"] == 503
    assert served.messages == []
    proxy.fault = PASS
    assert served.entry(make_event(KEY))["statusCode"] == 200


REPLIES: dict[str, bytes] = {
    "no object": write_reply(200, b"[]"),
    "a number": write_reply(200, b"7"),
    "empty": write_reply(200, b""),
    "no attributes": write_reply(200, b"{}"),
    "attributes of another kind": write_reply(200, b'{"Attributes": 7, "Item": 7}'),
    "an attribute of another kind": write_reply(200, b'{"Attributes": {"x": {"Q": 1}}, "Item": {"x": {"Q": 1}}}'),
    "no integer": write_reply(200, b'{"Attributes": {"x": {"N": "1.5"}}, "Item": {"x": {"N": "1.5"}}}'),
    "deep": write_reply(200, b"[" * 100_000),
    "deep attributes": write_reply(200, b'{"Attributes": {"x": ' + b'{"L": [' * 5000 + b"]}" * 5000 + b"}}"),
    "not UTF-8": write_reply(200, b'{"x": "\xff"}'),
    "another status": write_reply(302, b"<html>"),
    "to be continued": b"HTTP/1.1 100 Continue\r\n\r\n" + write_reply(200, b"{}"),
    "huge": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n" + b" " * 9_000_000,
    "huge chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1\r\n \r\n" * 2_000_000),
    "more than one": write_reply(200, b"{}") * 2,
    "no length": b"HTTP/1.1 200 OK\r\n\r\n",
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_that_says_nothing_is_503_and_its_charge_is_named(
    moto: Table, proxy: FaultProxy, serve: Callable[..., Served], case: str
) -> None:
    served = serve()
    assert served.entry(make_event(KEY))["statusCode"] == 200
    proxy.fault, proxy.other = OTHER, REPLIES[case]
    began = time.monotonic()
    assert served.entry(make_event(KEY))["statusCode"] == 503
    assert time.monotonic() - began < BOUND
    assert served.messages == ["charge", "charge lost"]
    proxy.fault = PASS
    assert served.entry(make_event(KEY))["statusCode"] == 200
    assert moto.get(TENANT)["day_left"] == 97


@pytest.mark.parametrize("case", sorted(REPLIES.keys() - {"no attributes", "deep attributes", "more than one"}))
def test_a_key_whose_item_cannot_be_read_is_503(proxy: FaultProxy, serve: Callable[..., Served], case: str) -> None:
    served = serve()
    proxy.fault, proxy.other = OTHER, REPLIES[case]
    assert served.entry(make_event(KEY))["statusCode"] == 503
    proxy.fault = PASS
    assert served.entry(make_event(KEY))["statusCode"] == 200


@pytest.mark.parametrize("fault", [DROP_REPLY, FAIL, THROTTLE])
def test_an_answer_whose_settlement_is_lost_leaves_and_stays_charged_in_full(
    moto: Table, proxy: FaultProxy, serve: Callable[..., Served], fault: str
) -> None:
    served = serve(answer=stream_tokens(4, 20), tariff=TOKENS)
    answer = served.entry(make_event(KEY), Context())
    first = next(answer["body"])
    proxy.fault = fault
    assert [first, *answer["body"]] == [b"part %d;" % number for number in range(4)]
    done = fault in DONE
    assert moto.get(TENANT)["day_left"] == (100 - 13 if done else 100 - 45)
    (line,) = [json.loads(text) for text in served.log.getvalue().splitlines()]
    assert (line["message"], line["units"]) == ("settlement lost", 13)


def test_a_stream_whose_reservation_is_lost_never_begins(
    moto: Table, proxy: FaultProxy, serve: Callable[..., Served]
) -> None:
    served = serve(answer=stream_tokens(4, 20), tariff=TOKENS)
    proxy.only_after, proxy.fault = 1, DROP_REPLY
    assert served.entry(make_event(KEY), Context(can_stream=False))["statusCode"] == 503
    assert moto.get(TENANT)["day_left"] == 55
    assert served.messages == ["charge lost"]


def test_a_table_that_is_away_is_503() -> None:
    store = open_store("http://127.0.0.1:9")
    with pytest.raises(StoreFailed, match="cannot be reached") as failed:
        store.read(TENANT)
    assert not isinstance(failed.value, ReplyLost)
    entry = make_metered(dynamo_environ("http://127.0.0.1:9"), io.StringIO(), now=lambda: NOW)
    assert entry(make_event(KEY))["statusCode"] == 503
    entry.close()


def test_a_missing_table_is_named_in_the_error(proxy: FaultProxy) -> None:
    store = open_store(proxy.url)
    store._table = "another"
    with pytest.raises(StoreFailed, match="ResourceNotFoundException"):
        store.charge(make_charge(KEY))
    store.close()


def test_a_connection_that_the_other_side_has_ended_is_replaced_before_it_is_used(proxy: FaultProxy) -> None:
    store = open_store(proxy.url)
    assert store.charge(make_charge(KEY)).reason == ""
    for _ in range(3):
        proxy.cut_idle()
        time.sleep(0.05)
        assert store.charge(make_charge(KEY)).reason == ""
    assert proxy.connections == 4
    store.close()


def test_a_connection_is_kept_while_it_is_young_and_replaced_when_it_is_old(proxy: FaultProxy) -> None:
    now = [NOW]
    store = open_store(proxy.url, clock=lambda: now[0])
    for step, connections in ((0, 1), (19, 1), (19, 1), (21, 2), (-3600, 3), (86_400, 4)):
        now[0] += step
        assert store.charge(make_charge(KEY)).reason == ""
        assert proxy.connections == connections
    store.close()
