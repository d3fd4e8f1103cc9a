"""Where a request may have its key."""

import os
from typing import Any

import pytest

from pilotlight_runtime.metering.caller_key import find_caller_key
from pilotlight_runtime.metering.keys import LIVE, hash_key, make_key
from pilotlight_runtime.metering.refusals import Unauthorized

KEY = make_key("Tenant01", LIVE, os.urandom)
OTHER = make_key("Tenant02", LIVE, os.urandom)
EVENT = {"path": "/v2/models/tiny/infer"}


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY} "},
        {"x-api-key": KEY},
        {"x-api-key": KEY, "authorization": f"Bearer {KEY}"},
        {"x-api-key": KEY, "authorization": "Basic dXNlcjpwYXNz"},
    ],
)
def test_either_header_has_the_key(headers: dict[str, str]) -> None:
    assert find_caller_key(headers, EVENT).hash == hash_key(KEY)


@pytest.mark.parametrize(
    ("headers", "event", "message"),
    [
        ({}, EVENT, "no API key"),
        ({"authorization": KEY}, EVENT, "no API key"),
        ({"authorization": f"Basic {KEY}"}, EVENT, "no API key"),
        ({"x-api-key": ""}, EVENT, "no API key"),
        ({"x-api-key": KEY, "authorization": f"Bearer {OTHER}"}, EVENT, "different API keys"),
        ({"x-api-key": f"{KEY}, {OTHER}"}, EVENT, "wrong form"),
        ({"x-api-key": KEY[:-1]}, EVENT, "wrong form"),
        ({"x-api-key": KEY}, {"path": f"/v2/{KEY}"}, "address"),
        ({"x-api-key": KEY}, {"path": "/", "queryStringParameters": {"key": KEY}}, "address"),
        ({"x-api-key": KEY}, {"rawPath": "/", "rawQueryString": f"key={KEY}"}, "address"),
        ({"x-api-key": KEY}, {"rawPath": f"/v2/{KEY.replace('_', '%5f')}", "rawQueryString": ""}, "address"),
        ({"x-api-key": KEY}, {"rawPath": "/", "rawQueryString": f"key=%70{KEY[1:]}"}, "address"),
        ({"x-api-key": KEY}, {"path": "/", "queryStringParameters": {KEY: ""}}, "address"),
        ({"x-api-key": KEY}, {"path": "/", "queryStringParameters": {"key": f"%70{KEY[1:]}"}}, "address"),
        ({"x-api-key": KEY}, {"path": "/", "multiValueQueryStringParameters": {"key": [KEY, "1"]}}, "address"),
        ({"x-api-key": KEY.replace("l", "\uff4c")}, EVENT, "wrong form"),
        ({"x-api-key": KEY[:-1] + "\u0664"}, EVENT, "wrong form"),
        ({"x-api-key": f"{KEY}, {KEY}"}, EVENT, "wrong form"),
        ({"authorization": f"Bearer {KEY}, Bearer {KEY}"}, EVENT, "wrong form"),
        ({"authorization": f"Bearer {KEY} {KEY}"}, EVENT, "wrong form"),
        ({"x-api-key": "%70" + KEY[1:]}, EVENT, "wrong form"),
        ({"cookie": f"x-api-key={KEY}"}, {**EVENT, "body": KEY}, "no API key"),
        ({}, {"path": "/", "queryStringParameters": {"key": KEY}}, "address"),
    ],
)
def test_anything_else_is_refused_and_not_quoted(headers: dict[str, str], event: dict[str, Any], message: str) -> None:
    with pytest.raises(Unauthorized, match=message) as refused:
        find_caller_key(headers, event)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"
    assert "plk_" not in str(refused.value)
