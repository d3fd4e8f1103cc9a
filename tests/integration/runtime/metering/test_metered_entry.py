"""A metered handler: what it answers, charges and logs, by every door and for every key."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.metered_bench import KEY, OTHER, Bench
from support.metered_entry import (
    INFER,
    Context,
    answer_plainly,
    counter,
    make_event,
    make_metered,
)
from support.tenants import NOW, TENANT, make_item, new_key

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.limits import MAX_ANSWER_BYTES
from pilotlight_runtime.metering.keys import KEY_LENGTH, TEST, hash_key, read_key
from pilotlight_runtime.metering.memory import MOST
from pilotlight_runtime.metering.tariff import Tariff
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse, json_response
from pilotlight_runtime.tracebacks import format_redacted
from pilotlight_runtime.uploads.bucket import find_key_id

DAY = 86_400
WHOLE = Context(can_stream=False)


def message(answer: dict[str, Any]) -> str:
    return str(json.loads(answer["body"])["error"])


def never(_request: HttpRequest, _trace: Trace) -> HttpResponse:
    raise AssertionError("the model ran")


def test_an_answer_is_charged_counted_logged_and_tells_what_is_left(bench: Bench) -> None:
    answer = bench.start()(make_event(KEY), Context())
    assert answer["statusCode"] == 200
    assert {name: value for name, value in answer["headers"].items() if "remaining" in name} == {
        "x-ratelimit-remaining-day": "2", "x-ratelimit-remaining-month": "9", "x-ratelimit-remaining-requests": "2",
    }  # fmt: skip
    assert counter(bench.item, KEY) == 1
    assert bench.lines == [
        {
            "level": "INFO", "message": "charge", "request_id": "invocation-1", "tenant": TENANT, "key_id": "k0",
            "model": "tiny", "month": "2026-11", "time": int(NOW), "counts": {"requests": 1}, "units": 1,
            "micro_dollars": 0,
        }
    ]  # fmt: skip


def test_the_limit_is_429_with_the_time_to_wait_and_costs_no_run(bench: Bench) -> None:
    handler = bench.start()
    assert [handler(make_event(KEY), None)["statusCode"] for _ in range(4)] == [200, 200, 200, 429]
    bench.now += 3600
    for refusing in (handler, bench.start(answer=never), bench.start(answer=never)):
        for _ in range(2):
            again = refusing(make_event(KEY), None)
            assert again["statusCode"] == 429
            assert again["headers"]["Retry-After"] == str(DAY - 3600)
            assert "quota of the day is 3 requests, of which 0 are left; the next day begins" in message(again)
    assert counter(bench.item, KEY) == 3


def test_a_function_that_knows_of_a_shortage_asks_neither_its_model_nor_its_table(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=0))
    handler = bench.start(answer=never)
    assert handler(make_event(KEY), None)["statusCode"] == 429
    bench.table.put(TENANT, {**bench.item, "schema": 99})  # a table that is asked fails
    assert handler(make_event(KEY), None)["statusCode"] == 429


def test_many_wrong_keys_do_not_displace_what_is_known_of_a_shortage(bench: Bench) -> None:
    handler = bench.start()
    assert [handler(make_event(KEY), None)["statusCode"] for _ in range(4)] == [200, 200, 200, 429]
    for _ in range(MOST + 1):
        assert handler(make_event(new_key()), None)["statusCode"] == 401
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=9))
    assert handler(make_event(KEY), None)["statusCode"] == 429


def test_a_lagging_clock_tells_when_the_window_ends_that_another_clock_began(bench: Bench) -> None:
    bench.now = NOW + DAY
    ahead, behind = bench.start(), make_metered(bench.table.environ, io.StringIO(), now=lambda: NOW + DAY - 3600)
    assert [ahead(make_event(KEY), None)["statusCode"] for _ in range(4)] == [200, 200, 200, 429]
    answer = behind(make_event(KEY), None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, str(DAY + 3600))
    assert answer["headers"]["x-ratelimit-reset-day"] == "25h0m0s"
    usage = json.loads(behind(make_event(KEY, "/v1/usage", "GET"), None)["body"])
    assert usage["windows"]["day"]["resets_at"] == NOW + 2 * DAY
    behind.close()


def test_a_refusal_is_remembered_for_a_minute_and_no_longer(bench: Bench) -> None:
    handler = bench.start()
    for _ in range(4):
        handler(make_event(KEY), None)
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=9))
    bench.now += 59
    assert handler(make_event(KEY), None)["statusCode"] == 429
    bench.now += 1
    assert handler(make_event(KEY), None)["statusCode"] == 200


def test_a_new_day_is_not_kept_waiting_by_what_is_remembered(bench: Bench) -> None:
    bench.now = NOW + DAY - 5
    handler = bench.start()
    assert [handler(make_event(KEY), None)["statusCode"] for _ in range(4)] == [200, 200, 200, 429]
    bench.now += 5
    assert handler(make_event(KEY), None)["statusCode"] == 200
    assert (bench.item["day"], bench.item["day_left"], bench.item["month_left"]) == ("2026-11-27", 2, 6)


def test_a_new_month_begins_while_a_function_runs(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, month_limit=2))
    bench.now = NOW + 5 * DAY - 1
    handler = bench.start()
    assert [handler(make_event(KEY), None)["statusCode"] for _ in range(3)] == [200, 200, 429]
    bench.now += 1
    assert [handler(make_event(KEY), None)["statusCode"] for _ in range(3)] == [200, 200, 429]
    assert counter(bench.item, KEY) == counter(bench.item, KEY, month="2026-12") == 2


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "unknown": ({OTHER: {}}, 401, "unknown or was revoked"),
    "expired": ({KEY: {"expires": int(NOW)}}, 401, "expired"),
    "another model": ({KEY: {"models": ["other"]}}, 403, "not hold for this model"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_key_that_does_not_hold_costs_no_run(bench: Bench, case: str) -> None:
    keys, status, text = REFUSED[case]
    bench.table.put(TENANT, make_item(keys, day_limit=3))
    answer = bench.start(answer=never)(make_event(KEY), None)
    assert answer["statusCode"] == status
    assert text in message(answer)
    assert bench.item["day_left"] == 3
    assert bench.lines == []


@pytest.mark.parametrize(("state", "status"), [("suspended", 403), ("deleted", 401)])
def test_a_tenant_that_is_not_active_is_refused(bench: Bench, state: str, status: int) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, state=state))
    assert bench.start(answer=never)(make_event(KEY), None)["statusCode"] == status


@pytest.mark.parametrize(
    "key",
    [None, "", "sk-other", KEY[:-1], KEY[:-1] + ("0" if KEY[-1] != "0" else "1"), KEY * 200],
    ids=["none", "empty", "foreign", "cut", "changed", "long"],
)
def test_a_forged_key_does_not_reach_the_table(bench: Bench, key: str | None) -> None:
    handler = bench.start(answer=never)
    bench.table.close()
    answer = handler(make_event(key), None)
    assert answer["statusCode"] == 401
    assert KEY[9:20] not in answer["body"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"state": "suspended"}, 403), ({"state": "deleted"}, 401), ({"keys": {}}, 401)],
)
def test_a_revocation_holds_for_the_very_next_answer(bench: Bench, change: dict[str, Any], status: int) -> None:
    runs = []

    def answer(request: HttpRequest, trace: Trace) -> HttpResponse:
        runs.append(request)
        return answer_plainly(request, trace)

    handler = bench.start(answer=answer)
    assert handler(make_event(KEY), None)["statusCode"] == 200
    bench.table.put(TENANT, {**bench.item, **change})
    for _ in range(3):
        assert handler(make_event(KEY), None)["statusCode"] == status
    assert len(runs) == 2, "the model ran for a key that was known to be refused"
    assert handler(make_event(KEY, "/v2/models/tiny", "GET"), None)["statusCode"] == status


def test_two_secrets_of_a_rotated_key_share_a_counter_until_the_old_one_ends(bench: Bench) -> None:
    keys = {KEY: {"id": "k1", "expires": int(NOW) + 10}, OTHER: {"id": "k1"}}
    bench.table.put(TENANT, make_item(keys, day_limit=9))
    handler = bench.start()
    assert [handler(make_event(key), None)["statusCode"] for key in (KEY, OTHER, KEY)] == [200] * 3
    bench.now += 10
    assert handler(make_event(KEY), None)["statusCode"] == 401
    assert handler(make_event(OTHER), None)["statusCode"] == 200
    assert counter(bench.item, OTHER) == 4


def test_one_request_id_sent_a_hundred_times_is_a_hundred_charges(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=1000))
    handler = bench.start()
    event = make_event(KEY, x_amzn_RequestId="the-same")
    assert {handler(event, Context())["statusCode"] for _ in range(100)} == {200}
    assert counter(bench.item, KEY) == 100
    assert bench.item["day_left"] == 900
    assert {record.gateway_id for record in bench.observer.records} == {"JKJaXmPLvHcESHA="}


def refuse(_request: HttpRequest, trace: Trace) -> HttpResponse:
    trace.operation = "infer"
    raise InvalidRequest("no")


def crash(_request: HttpRequest, trace: Trace) -> HttpResponse:
    trace.operation = "infer"
    raise RuntimeError("no")


def too_much(_request: HttpRequest, trace: Trace) -> HttpResponse:
    trace.operation = "infer"
    return json_response({"error": "no"}, 413)


def too_large(_request: HttpRequest, trace: Trace) -> HttpResponse:
    """What Lambda cannot carry."""
    trace.operation = "infer"
    return HttpResponse(200, {"Content-Type": JSON}, b"1" * MAX_ANSWER_BYTES)


def too_large_with_its_headers(_request: HttpRequest, trace: Trace) -> HttpResponse:
    """What Lambda can carry, but for the headers of what is left."""
    trace.operation = "infer"
    return HttpResponse(200, {"Content-Type": JSON}, b"1" * (MAX_ANSWER_BYTES - 512))


def too_large_in_base64(_request: HttpRequest, trace: Trace) -> HttpResponse:
    """What Lambda can carry in base64, but for the headers of what is left."""
    trace.operation = "infer"
    return HttpResponse(200, {"Content-Type": "application/octet-stream"}, bytes((MAX_ANSWER_BYTES - 600) // 4 * 3))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        *((refuse, 400), (crash, 500), (too_much, 413), (too_large, 413), (too_large_with_its_headers, 413)),
        (too_large_in_base64, 413),
    ],
)
def test_an_error_costs_nothing(bench: Bench, answer: Callable[..., HttpResponse], status: int) -> None:
    assert bench.start(answer=answer)(make_event(KEY), None)["statusCode"] == status
    assert bench.item["day_left"] == 3
    assert bench.lines == []


class Body(bytes):
    """Counts how often a text is made of it."""

    made = 0

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        type(self).made += 1
        return super().decode(encoding, errors)


def test_a_large_answer_is_charged_and_made_once(bench: Bench) -> None:
    body = Body(b"1" * (MAX_ANSWER_BYTES - 2_000))

    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "infer"
        return HttpResponse(200, {"Content-Type": JSON}, body)

    got = bench.start(answer=answer)(make_event(KEY), None)
    assert (got["statusCode"], bench.item["day_left"], Body.made) == (200, 2, 1)
    assert len(json.dumps(got)) <= MAX_ANSWER_BYTES


def test_a_batch_that_is_too_large_leaves_room_for_a_smaller_request(bench: Bench) -> None:
    def answer(request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "infer"
        assert trace.tally is not None
        trace.tally.add("rows", int(request.headers["rows"]))
        return json_response({})

    handler = bench.start(answer=answer, tariff=Tariff({"rows": 1}, {}))
    sizes = (2, 5, 1, 1)
    answers = [handler(make_event(KEY, rows=str(rows)), None) for rows in sizes]
    assert [answer["statusCode"] for answer in answers] == [200, 429, 200, 429]
    assert "this request takes 5; ask for less at once" in message(answers[1])


def test_a_batch_that_is_known_to_be_too_large_runs_no_model(bench: Bench) -> None:
    runs = []

    def answer(request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "infer"
        assert trace.tally is not None
        trace.tally.add_tokens(int(request.headers["tokens"]))
        runs.append(request)
        return json_response({})

    handler = bench.start(answer=answer, tariff=Tariff({"tokens_in": 1}, {}))
    for status, runs_so_far in ((429, 1), (429, 1)):
        assert handler(make_event(KEY, tokens="5"), None)["statusCode"] == status
        assert len(runs) == runs_so_far
    assert handler(make_event(KEY, tokens="3"), None)["statusCode"] == 200


def of_operation(operation: str) -> Callable[[HttpRequest, Trace], HttpResponse]:
    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = operation
        return json_response({})

    return answer


def test_metadata_needs_a_key_and_costs_nothing(bench: Bench) -> None:
    handler = bench.start(answer=of_operation("metadata"))
    assert handler(make_event(None, "/v2/models/tiny", "GET"), None)["statusCode"] == 401
    answer = handler(make_event(KEY, "/v2/models/tiny", "GET"), None)
    assert answer["headers"]["x-ratelimit-remaining-requests"] == "3"


@pytest.mark.parametrize(
    ("operation", "path", "method"),
    [
        ("metadata", "/v2/models/tiny", "GET"),
        ("index", "/v2/repository/index", "POST"),
        ("models", "/v1/models", "GET"),
    ],
)
def test_metadata_is_answered_where_nothing_is_left(bench: Bench, operation: str, path: str, method: str) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=0))
    handler = bench.start(answer=of_operation(operation))
    assert handler(make_event(KEY), None)["statusCode"] == 429
    assert handler(make_event(KEY, path, method), None)["statusCode"] == 200


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2/models/tiny/ready"])
def test_health_needs_no_key(bench: Bench, path: str) -> None:
    assert bench.start(answer=of_operation("ready"))(make_event(None, path, "GET"), None)["statusCode"] == 200


def http_event(key: str | None, domain: str) -> dict[str, Any]:
    return {
        "rawPath": INFER,
        "rawQueryString": "",
        "headers": {} if key is None else {"authorization": f"Bearer {key}"},
        "body": "{}",
        "requestContext": {"http": {"method": "POST"}, "stage": "$default", "domainName": domain},
    }


@pytest.mark.parametrize("domain", ["abc.execute-api.eu-central-1.amazonaws.com", "abc.lambda-url.eu-central-1.on.aws"])
def test_an_http_api_and_a_function_url_are_metered(bench: Bench, domain: str) -> None:
    handler = bench.start()
    assert handler(http_event(None, domain), None)["statusCode"] == 401
    assert handler(http_event(KEY, domain), None)["statusCode"] == 200
    assert bench.item["day_left"] == 2


def test_a_direct_invocation_is_not_metered_unless_the_function_says_so(bench: Bench) -> None:
    event = {"path": INFER, "headers": {}, "body": "{}"}
    assert bench.start()(event, None)["statusCode"] == 200
    assert bench.item["day_left"] == 3
    handler = bench.start(environ={**bench.table.environ, "PILOTLIGHT_CHARGE_DIRECT": "on"})
    assert handler(event, None)["statusCode"] == 401
    assert handler({**event, "headers": {"X-Api-Key": KEY}}, None)["statusCode"] == 200
    assert bench.item["day_left"] == 2
    assert handler({"inputs": []}, None)["status"] == 401


def test_usage_tells_of_the_callers_own_key_and_tenant(bench: Bench) -> None:
    item = make_item({KEY: {"label": "ci"}, OTHER: {"kind": TEST}}, day_limit=9, month_limit=20)
    bench.table.put(TENANT, {**item, "u#2026-10#k0#tiny#requests": 77, "m#2026-11#k1#tiny": 5})
    handler = bench.start(answer=never)
    paid = bench.start()
    for key in (KEY, KEY, OTHER):
        paid(make_event(key), None)
    answer = handler(make_event(KEY, "/v1/usage", "GET"), None)
    document = json.loads(answer["body"])
    assert document["key"] == {"id": "k0", "label": "ci", "expires": 0, "kind": "live"}
    assert document["tenant"] == {"name": "Tenant", "plan": "free", "state": "active"}
    assert document["windows"]["day"] == {"label": "2026-11-26", "limit": 9, "remaining": 6, "resets_at": NOW + DAY}
    assert document["usage"]["key"] == [{"model": "tiny", "counts": {"requests": 2}, "micro_dollars": 0}]
    assert document["usage"]["tenant"] == [{"model": "tiny", "counts": {"requests": 3}, "micro_dollars": 5}]
    assert hash_key(KEY) not in answer["body"]
    assert handler(make_event(KEY, "/v1/usage", "POST"), None)["statusCode"] == 405
    assert handler(make_event(None, "/v1/usage", "GET"), None)["statusCode"] == 401


def test_openais_paths_get_openais_errors(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=0))
    handler = bench.start(openai=True, answer=of_operation("chat"))
    answer = handler(make_event(None, "/v1/chat/completions"), WHOLE)
    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["type"], error["code"]) == (401, "invalid_request_error", "invalid_api_key")
    assert answer["headers"]["x-request-id"] == "invocation-1"
    for _ in range(2):
        answer = handler(make_event(KEY, "/v1/chat/completions"), WHOLE)
        error = json.loads(answer["body"])["error"]
        assert (answer["statusCode"], error["type"], error["code"]) == (429, "insufficient_quota", "insufficient_quota")
        assert answer["headers"]["x-should-retry"] == "false"
    assert isinstance(json.loads(handler(make_event(None), WHOLE)["body"])["error"], str)


def test_each_threshold_is_reported_once(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, day_limit=10))
    handler = bench.start()
    for _ in range(12):
        handler(make_event(KEY), None)
    quota = [(line["percent"], line["window"]) for line in bench.lines if line["message"] == "quota"]
    assert quota == [(50, "day"), (80, "day"), (100, "day")]


def test_a_clock_that_moves_on_within_a_request_is_no_obstacle(bench: Bench) -> None:
    def tick() -> float:
        bench.now += 0.25
        return bench.now

    made = make_metered(bench.table.environ, bench.log, now=tick)
    assert [made(make_event(KEY))["statusCode"] for _ in range(4)] == [200, 200, 200, 429]
    made.close()


def test_uploads_belong_to_the_tenant(bench: Bench) -> None:
    event = make_event(KEY)
    assert bench.start()(event, None)["statusCode"] == 200
    assert find_key_id(event) == TENANT


@pytest.mark.parametrize("context", [{}, {"requestContext": None}, {"requestContext": {"identity": {"apiKeyId": "x"}}}])
def test_uploads_of_a_metered_direct_invocation_belong_to_the_tenant(bench: Bench, context: dict[str, Any]) -> None:
    handler = bench.start(environ={**bench.table.environ, "PILOTLIGHT_CHARGE_DIRECT": "on"})
    event = {"path": INFER, "headers": {"x-api-key": KEY}, "body": "{}", **context}
    assert handler(event, None)["statusCode"] == 200
    assert find_key_id(event) == TENANT


def test_an_upload_is_not_fetched_for_a_wrong_key(bench: Bench) -> None:
    """The address of the upload is looked at after the key."""
    handler = bench.start()
    location = {"Content_Location": "s3://bucket/uploads/x/file-1"}
    assert handler(make_event(OTHER, **location), None)["statusCode"] == 401
    assert handler(make_event(KEY, **location), None)["statusCode"] != 401


def test_the_log_says_why_the_table_cannot_be_used(bench: Bench) -> None:
    bench.table.put(TENANT, make_item({KEY: {}}, schema=2))
    for options in ({}, {"openai": True}):
        answer = bench.start(**options)(make_event(KEY, "/v1/chat/completions"), None)
        assert answer["statusCode"] == 503
        assert "migrate" not in answer["body"]
        log = format_redacted(bench.observer.records[-1].fault)
        assert "schema 2, and this runtime reads 1; run `pilotlight tenants migrate`" in log


def test_the_table_holds_nothing_that_verifies_as_a_key(bench: Bench) -> None:
    handler = bench.start()
    for key in (KEY, OTHER):
        handler(make_event(key), None)
    stolen = json.dumps(bench.item) + bench.log.getvalue()
    stolen += (
        Path(bench.table.environ["PILOTLIGHT_SERVICE_TABLE"].removeprefix("sqlite:")).read_bytes().decode("latin-1")
    )
    assert not [at for at in range(len(stolen)) if read_key(stolen[at : at + KEY_LENGTH])]
    assert KEY not in stolen
    assert KEY[17:49] not in stolen
