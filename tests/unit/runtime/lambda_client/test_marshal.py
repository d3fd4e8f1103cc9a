"""JSON of results and events, against AWS's own marshaller."""

from __future__ import annotations

import decimal
import enum
import math
from collections import OrderedDict, namedtuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotlight_runtime.lambda_client.faults import Fault
from pilotlight_runtime.lambda_client.marshal import read_event, write_result

marshaller = pytest.importorskip(
    "awslambdaric.lambda_runtime_marshaller", reason="AWS's runtime client has wheels for Linux alone"
)

Point = namedtuple("Point", "x y")  # noqa: PYI024  (what a handler may have)


class Colour(enum.IntEnum):
    RED = 1


class Share(float, enum.Enum):
    HALF = 0.5


class Name(str, enum.Enum):  # noqa: UP042  (what a handler may have)
    FIRST = "first"


class Text(str):
    __slots__ = ()


class Record:
    """Has what a named tuple has."""

    def _asdict(self) -> dict[str, int]:
        return {"x": 1}


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from([Colour.RED, Share.HALF, Name.FIRST, Text("a"), Record()])
    | st.binary(max_size=4)
    | st.decimals()
)
KEYS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([b"k", Text("t"), Colour.RED])
)
RESULTS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(Point, inner, inner)
        | st.builds(OrderedDict, st.dictionaries(KEYS, inner, max_size=3))
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def encoder() -> Any:
    """AWS's encoder as Python 3.12 and later have it; the environment decides that in its constructor."""
    made = marshaller.Encoder()
    made.ensure_ascii = False
    return made


def of(write: Any, value: Any) -> bytes | str:
    try:
        return write(value)  # type: ignore[no-any-return]
    except Fault as error:
        return error.message
    except Exception as error:  # noqa: BLE001  (whatever it is, AWS's client reports it in these words)
        return f"Unable to marshal response: {error}"


@settings(deadline=None)
@given(result=RESULTS)
def test_results_are_written_as_awss_client_writes_them(encoder: Any, result: Any) -> None:
    def write(value: Any) -> bytes:
        return encoder.encode(value).encode("utf-8", "backslashreplace")  # type: ignore[no-any-return]

    assert of(write_result, result) == of(write, result)


REFUSED = [{1}, object(), 1j, {"a": b"\xff"}, {(1,): 2}, {decimal.Decimal(1): 2}, range(3), 10**5000]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_what_json_cannot_hold_is_refused_in_the_same_words(encoder: Any, value: Any) -> None:
    with pytest.raises(Fault) as raised:
        write_result(value)
    assert raised.value.kind == "Runtime.MarshalError"
    assert raised.value.message == of(encoder.encode, value)


def test_a_circle_and_depth_are_refused() -> None:
    circle: list[Any] = []
    circle.append({"a": circle})
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    for value in (circle, deep, (circle,)):
        with pytest.raises(Fault, match="Circular reference detected, or too many levels"):
            write_result(value)


def test_half_a_surrogate_pair_is_escaped() -> None:
    assert write_result({"\ud83d": "é\ude00"}) == '{"\\ud83d": "é\\ude00"}'.encode()


@settings(deadline=None)
@given(st.binary(max_size=12) | st.text(alphabet='[]{}",:0123456789.eE+-truefalsn \n\t\ufeffé\\u').map(str.encode))
def test_events_are_read_as_awss_client_reads_them(body: bytes) -> None:
    def read(take: Any) -> Any:
        try:
            return take()
        except Fault as error:
            return error.kind
        except marshaller.FaultException as error:
            return error.exception_type

    aws = read(lambda: marshaller.LambdaMarshaller().unmarshal_request(body))
    ours = read(lambda: read_event(body, "application/json"))
    assert repr(ours) == repr(aws)


@pytest.mark.parametrize("body", [b"[NaN]", b"[Infinity]", b"[-Infinity]"])
def test_no_number_that_json_lacks_is_read(body: bytes) -> None:
    with pytest.raises(Fault, match="is no JSON"):
        read_event(body, "application/json")


@pytest.mark.parametrize("kind", ["", "text/csv", "application/json; charset=utf-8", "application/octet-stream"])
def test_an_event_of_another_type_stays_bytes(kind: str) -> None:
    assert read_event(b"{}", kind) == b"{}"


def test_not_a_number_is_written_as_awss_client_does() -> None:
    assert write_result([math.nan, decimal.Decimal("NaN"), decimal.Decimal("-sNaN")]) == b"[NaN, NaN, NaN]"
