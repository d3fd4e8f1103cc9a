"""Status and headers at the beginning of a stream."""

import json
from typing import Any

import pytest

from pilotlight.local.http_integration import InvalidStream, read_prelude

PRELUDE = {"statusCode": 200, "headers": {"content-type": "text/event-stream"}}
STREAM = json.dumps(PRELUDE).encode() + b"\0" * 8 + b"body\0"


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_the_prelude_ends_wherever_its_parts_do(size: int) -> None:
    parts = iter([STREAM[start : start + size] for start in range(0, len(STREAM), size)])
    prelude, first = read_prelude(parts)
    assert prelude == PRELUDE
    assert first + b"".join(parts) == b"body\0"


def test_a_body_may_begin_later() -> None:
    parts = iter([b"{}" + b"\0" * 8, b"body"])
    assert read_prelude(parts) == ({}, b"")
    assert next(parts) == b"body"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "ends before"),
        ([b"{}" + b"\0" * 7], "ends before"),
        ([b"{}\0\0\0\0 \0\0\0\0"], "ends before"),
        ([b"x" * 10_000] * 3, "within the first 16384 bytes"),
        ([b"{nope" + b"\0" * 8], "no JSON"),
        ([b"\xff" + b"\0" * 8], "no JSON"),
        ([b"\0" * 8], "no JSON"),
        ([b"[]" + b"\0" * 8], "no object|an object"),
    ],
)
def test_what_is_no_prelude_says_why(parts: list[Any], told: str) -> None:
    with pytest.raises(InvalidStream, match=told):
        read_prelude(iter(parts))
