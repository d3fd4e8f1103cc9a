"""The door for JSON documents from outside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.core.documents import RUN_LIMITS, InvalidDocument, Limits, parse_json, read_json, read_object
from pilotlight.core.errors import ServiceError
from pilotlight.core.outside import Origin

ORIGIN = Origin("there", "Look at it.", ServiceError)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(VALUES, st.booleans())
def test_a_sound_document_is_read_as_python_reads_it(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_json(text) == parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not JSON"),
        (b"[1,]", "is not JSON"),
        (b"[NaN]", "holds NaN, which JSON does not have"),
        (b"[-Infinity]", "holds -Infinity"),
        (b"[1e400]", "holds the number 1e400, which is too large"),
        (b"[1E+400]", "which is too large"),
        (b"[" + b"1" * 400 + b".5]", "which is too large"),
        (b"[18446744073709551616]", "has more than 64 bits"),
        (b"[-9223372036854775809]", "has more than 64 bits"),
        (b"[" + b"9" * 10_000 + b"]", "has more than 64 bits"),
        (b'{"a": 1, "a": 2}', "has the name 'a' twice"),
        (b'["\\ud800"]', "half of a surrogate pair"),
        (b'["\\uDFFF"]', "half of a surrogate pair"),
        (b'{"\\ud800": 1}', "half of a surrogate pair"),
        (b'["\xff"]', "is not UTF-8 at byte 2"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b"[" * 100_000 + b"]" * 100_000, "nested more than 64 deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested more than 64 deep"),
        (b"[" + b"[]," * 1_000_000 + b"[]]", "more than 1,000,000 lists and objects"),
        (b" " * ((16 << 20) + 1), "the limit is 16,777,216"),
    ],
)
def test_each_document_that_is_not_acceptable_says_why(text: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_json(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 64 + b"]" * 64,
        b"[18446744073709551615, -9223372036854775808, 1e308, 1e-400, 0.1234567890123456789012]",
        b'["\\ud83d\\ude00", "[[[[", "1e400", "\\\\ud800"]',
        b"\xef\xbb\xbf[1]",
        b'{"a": {"a": {"a": 1}}}',
    ],
)
def test_a_document_within_the_limits_is_read(text: bytes) -> None:
    assert parse_json(text) == json.loads(text.decode("utf-8-sig"))


def test_text_that_cannot_be_encoded_is_refused_too() -> None:
    with pytest.raises(InvalidDocument, match="is not UTF-8"):
        parse_json('["\ud800"]')


def test_files_of_runs_may_hold_what_early_versions_wrote() -> None:
    found = parse_json(b'{"loss": NaN, "best": Infinity}', RUN_LIMITS)
    assert found["loss"] != found["loss"]
    assert found["best"] == float("inf")


def test_limits_are_the_callers() -> None:
    assert parse_json(b"[[1]]", Limits(bytes=5, depth=2, parts=2)) == [[1]]
    for limits in (Limits(bytes=4), Limits(depth=1), Limits(parts=1)):
        with pytest.raises(InvalidDocument):
            parse_json(b"[[1]]", limits)


def test_an_origin_gives_the_error_its_class_place_and_hint() -> None:
    with pytest.raises(ServiceError, match=r"there: is not JSON: .*\. Look at it\."):
        read_json(b"<html>", ORIGIN)
    with pytest.raises(ServiceError, match=r"there: is a list of 2, not an object\. Look at it\."):
        read_object(b"[1, 2]", ORIGIN)
